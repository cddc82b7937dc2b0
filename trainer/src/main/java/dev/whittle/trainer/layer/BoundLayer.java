package dev.whittle.trainer.layer;

/// A layer with shapes and parameters, shared by all threads of a step.
public interface BoundLayer {

    /// Reads the parameters anew, packing and fake-quantizing what the passes need. Called whenever they have changed and
    /// while no pass runs.
    default void refresh() {}

    /// Takes what all chunks of a step have observed ([Step#observed]) into the layer's state; called while no pass runs.
    ///
    /// @param observed the observations of the whole network, minimum and maximum in turn
    default void observe(float[] observed) {}

    /// A workspace of one thread, for up to `images` images at a time.
    Pass pass(int images);

    /// Forward and backward of some images, in one thread; allocates nothing.
    interface Pass {

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
