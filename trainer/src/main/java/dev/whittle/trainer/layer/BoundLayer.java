package dev.whittle.trainer.layer;

/// A layer with shapes and parameters, shared by all threads of a step.
public interface BoundLayer {

    /// Reads the parameters anew, packing and fake-quantizing what the passes need. Called whenever they have changed and
    /// while no pass runs.
    default void refresh() {}

    /// Takes what all chunks of a step have observed ([Step#observed]) into the layer's state; called while no pass runs.
    ///
    /// @param observed laid out as the network's state
    default void observe(float[] observed) {}

    /// Whether its passes compute the images from [Step#firstImage] up to [Step#endImage] alone, in ascending order over all
    /// calls, so that an image goes through several such layers while it is in the cache.
    default boolean isByImage() {
        return false;
    }

    /// How many sums over the whole batch the passes need before they go forward, and again before they go backward; 0
    /// for layers that treat each image by itself. Where it is not 0, all chunks of a batch call [Pass#sum], the sums are
    /// added in the order of the chunks and given to [#takeSums], and only then the chunks go on.
    default int sumCount() {
        return 0;
    }

    /// Takes the sums of a whole batch; called while no pass runs.
    ///
    /// @param images in the batch
    default void takeSums(double[] sums, int images) {}

    /// As [#takeSums], on the way back.
    default void takeGradientSums(double[] sums, int images) {}

    /// A workspace of one thread, for up to `images` images at a time.
    Pass pass(int images);

    /// Forward and backward of some images, in one thread; allocates nothing.
    interface Pass {

        /// Writes what these images add to the batch's [#sumCount] sums.
        default void sum(Step step, float[] x, double[] sums) {}

        /// As [#sum], on the way back.
        default void sumGradients(Step step, float[] x, float[] dy, double[] sums) {}

        /// Computes `y`, `[images, output]`, from `x`, `[images, input]`.
        void forward(Step step, float[] x, float[] y);

        /// Computes, from `dy` = ∂loss/∂`y`, `dx` = ∂loss/∂`x`, and writes ∂loss/∂parameters to [Step#gradient].
        ///
        /// @param x as in the forward pass; for layers in place the same array as `y`
        /// @param dx overwritten; the same array as `dy` for layers in place; left as it is when the layer was bound without
        ///            input gradient
        void backward(Step step, float[] x, float[] y, float[] dy, float[] dx);
    }
}
