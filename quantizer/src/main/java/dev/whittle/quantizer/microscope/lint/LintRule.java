package dev.whittle.quantizer.microscope.lint;

/// A mistake that is looked for. Ids are stable: scripts may go by them.
public enum LintRule {
    QAT_NOT_APPLIED("qat-not-applied", "the file says it was trained quantization-aware, and all activations are float",
            "apply the annotation (quantize_apply, or whittle quantize --mode qat) and convert with int8 activations"),
    FLOAT_ACTIVATIONS("float-activations", "weights are integers and all activations float: a dynamic-range file",
            "fine on a processor; for integer arithmetic, quantize with calibration images (--mode int8)"),
    OUTPUT_READ_WITH_INPUT_SCALE("output-read-with-input-scale",
            "recorded scores are the output's codes read with the scale and zero point of the input",
            "read the output with its own scale and zero point: scale · (code − zeroPoint) of the output tensor"),
    CALIBRATED_ON_TEST_IMAGES("calibrated-on-test-images",
            "ranges were measured on images that the model is tested with",
            "calibrate on training images, and test again"),
    FEW_CALIBRATION_SAMPLES("few-calibration-samples", "ranges were measured on fewer than 100 samples",
            "calibrate on 100 training images or more, or on all there are"),
    DOUBLE_NORMALISATION("double-normalisation",
            "the data, the input's quantization and the graph's own scaling do not fit together",
            "scale once: feed pixels 0 to 255 where the graph divides by 255, else calibrate on data as they are fed"),
    RANGE_SATURATES("range-saturates", "more than 1 % of a tensor's values lie at the end of its range",
            "calibrate again with more or other images, or with a wider range (min/max) for this tensor"),
    RANGE_HARDLY_USED("range-hardly-used", "the data use less than an eighth of a tensor's codes",
            "calibrate on data like those that will come, or cut outliers off (percentile, entropy or MSE)"),
    SKEWED_CHANNELS("skewed-channels-per-tensor",
            "weights have one scale, and channels are so unlike that many use fewer than 8 steps of it",
            "quantize the weights per channel, or equalize the channels first"),
    BIAS_OVERFLOW("bias-overflow", "a bias lies at the end of 32 bits, or may lead a sum beyond them",
            "raise the scale of the channel's weights (they are near zero beside the bias), or train with weight decay"),
    BIAS_SCALE("bias-scale", "a bias has another scale than input times weights, with which kernels read it",
            "quantize the bias with inputScale · weightScale of its channel"),
    MICRO_UNSUPPORTED("micro-unsupported", "TFLite Micro has no kernel for an operator as it stands",
            "whittle micro lists all; quantize to int8, or replace the operator"),
    EDGETPU_UNMAPPED("edgetpu-unmapped", "the Edge TPU leaves an operator of an integer model to the CPU",
            "whittle edgetpu shows what a rewrite would change"),
    RESHAPE_FIXES_BATCH("reshape-fixes-batch",
            "a RESHAPE has a batch of 1 written down, so that no larger batch can run",
            "export with −1 as the first dimension of the new shape");

    private final String id;
    private final String description;
    private final String cure;

    LintRule(String id, String description, String cure) {
        this.id = id;
        this.description = description;
        this.cure = cure;
    }

    /// What scripts and people call it.
    public String id() {
        return id;
    }

    /// The mistake in a sentence.
    public String description() {
        return description;
    }

    /// What to do about it.
    public String cure() {
        return cure;
    }

    /// A finding of this rule.
    Finding at(Severity severity, String where, String found) {
        return new Finding(id, severity, where, found, cure);
    }
}
