package dev.whittle.trainer.layer;

/// What one thread works on: some images of a batch, their random keys, and the buffers that their gradients go to.
public final class Step {
    private static final float[] NOTHING = {};

    private final long[] imageKeys;
    private final boolean training;
    private int images;
    private int firstImage;
    private int endImage;
    private float[] gradient = NOTHING;
    private float[] observed = NOTHING;

    /// @param capacity the most images there can be
    public Step(int capacity, boolean training) {
        imageKeys = new long[capacity];
        this.training = training;
    }

    /// Starts a pass without gradients and observations.
    public void begin(int imageCount) {
        begin(imageCount, NOTHING, NOTHING);
    }

    /// Starts a pass whose gradients and observations go to the given arrays.
    public void begin(int imageCount, float[] gradientBuffer, float[] observationBuffer) {
        images = imageCount;
        firstImage = 0;
        endImage = imageCount;
        gradient = gradientBuffer;
        observed = observationBuffer;
    }

    /// Sets the key that all randomness of an image is drawn from.
    public void setImageKey(int image, long key) {
        imageKeys[image] = key;
    }

    public int images() {
        return images;
    }

    /// Narrows the next passes to some of the images, for layers that are [BoundLayer#isByImage].
    public void narrow(int first, int end) {
        firstImage = first;
        endImage = end;
    }

    /// The first image that a pass by image computes.
    int firstImage() {
        return firstImage;
    }

    /// The image after the last that a pass by image computes.
    int endImage() {
        return endImage;
    }

    public boolean training() {
        return training;
    }

    long imageKey(int image) {
        return imageKeys[image];
    }

    /// ∂loss/∂parameters of these images, laid out as the network's parameters.
    public float[] gradient() {
        return gradient;
    }

    /// What these images have shown, laid out as the network's state: a fake quantization writes the minimum and the maximum
    /// it has seen.
    public float[] observed() {
        return observed;
    }
}
