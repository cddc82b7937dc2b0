package dev.whittle.quantizer.rewrite;

import dev.whittle.converter.reference.SampleModels;
import dev.whittle.engine.Interpreter;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Tensor;
import dev.whittle.quantizer.calibrate.Calibration;
import dev.whittle.quantizer.calibrate.Calibrator;
import dev.whittle.quantizer.observe.Range;
import dev.whittle.quantizer.recipe.Mode;
import dev.whittle.quantizer.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;

/// The sample network in its quantized forms, and ways to look at them.
final class Rewrites {
    private Rewrites() {}

    static Calibration calibration() {
        List<List<float[]>> samples = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            samples.add(List.of(image(100 + i)));
        }
        return Calibrator.minMax().withInputRange(0, new Range(0, 255)).calibrate(SampleModels.cnn(1), samples);
    }

    static Model int8(ElementType input, ElementType output) {
        return Quantizer.quantize(SampleModels.cnn(1), Recipe.of(Mode.INT8), calibration(), new Ends(input, output));
    }

    static float[] image(long seed) {
        return SampleModels.image(seed, SampleModels.CNN_INPUT_ELEMENTS);
    }

    static float[] run(Model model, float[] input) {
        try (Interpreter interpreter = Interpreter.of(model)) {
            interpreter.input(0).putFloats(input);
            interpreter.invoke();
            return interpreter.output(0).toFloats();
        }
    }

    static Operator operator(Model model, OperatorCode code, int number) {
        return model.primary().operators().stream().filter(operator -> operator.code() == code).toList().get(number);
    }

    static Tensor input(Model model, OperatorCode code, int number, int input) {
        return model.primary().tensor(operator(model, code, number).inputs().get(input));
    }

    static Tensor output(Model model, OperatorCode code, int number) {
        return model.primary().tensor(operator(model, code, number).outputs().getFirst());
    }
}
