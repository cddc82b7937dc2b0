package dev.whittle.quantizer.microscope.device;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// What TFLite Micro's reference kernels run of a model.
///
/// The table (`micro-operators.tsv`) holds the operators that tflite-micro registers and the element types that its kernels
/// were read to take, with the commit; where a kernel's file was not at hand, a report says that its types are not
/// confirmed. Operator versions are not asked for: its resolver finds a kernel by the operator's number alone. What a
/// version stands for, a type or float activations with 8-bit weights (hybrid), the kernels refuse themselves.
public final class Micro {
    /// Where the rules come from.
    public static final String SOURCE =
            "https://github.com/tensorflow/tflite-micro/tree/0cc6f98/tensorflow/lite/micro/kernels";

    private static final String TABLE = "micro-operators.tsv";
    private static final String COMMENT = "#";
    private static final String ANY = "any";
    private static final String UNCONFIRMED = "unconfirmed";
    private static final Map<OperatorCode, KernelTypes> KERNELS = table();
    /// Custom operators that come with the runtime; signal-processing ones are left to those who add them.
    private static final Set<String> CUSTOM =
            Set.of("BasicClassifier", "CIRCULAR_BUFFER", "TFLM_DECODE", "TFLite_Detection_PostProcess", "ethos-u");

    private Micro() {}

    /// What a kernel takes.
    ///
    /// @param input the number of the input whose type it looks at
    /// @param types empty where it takes any, or where nothing is known of them
    /// @param isConfirmed false where nothing is known of them
    private record KernelTypes(int input, Set<ElementType> types, boolean isConfirmed) {
        static KernelTypes of(int input, String cell) {
            Set<ElementType> types = EnumSet.noneOf(ElementType.class);
            if (!cell.equals(ANY) && !cell.equals(UNCONFIRMED)) {
                Arrays.stream(cell.split(" ", -1)).map(ElementType::valueOf).forEach(types::add);
            }
            return new KernelTypes(input, types, !cell.equals(UNCONFIRMED));
        }
    }

    private static Map<OperatorCode, KernelTypes> table() {
        Map<OperatorCode, KernelTypes> kernels = new EnumMap<>(OperatorCode.class);
        try (InputStream stream = Micro.class.getResourceAsStream(TABLE)) {
            String text =
                    new String(Objects.requireNonNull(stream, TABLE).readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.lines().filter(row -> !row.startsWith(COMMENT)).skip(1).toList()) {
                String[] cells = line.split("\t", -1);
                kernels.put(OperatorCode.valueOf(cells[0]), KernelTypes.of(Integer.parseInt(cells[1]), cells[2]));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(TABLE, e);
        }
        return kernels;
    }

    /// Whether the runtime has a kernel for the operator.
    public static boolean has(OperatorCode code) {
        return KERNELS.containsKey(code);
    }

    /// The mapping of the model's first subgraph: what is not mapped makes the model fail to start.
    public static Mapping map(Model model) {
        Subgraph graph = model.primary();
        List<Placement> placements = new ArrayList<>();
        for (int index = 0; index < graph.operators().size(); index++) {
            Operator operator = graph.operators().get(index);
            String reason = refusal(graph, operator);
            KernelTypes kernel = KERNELS.get(operator.code());
            boolean isOpen = reason.isEmpty() && kernel != null && !kernel.isConfirmed;
            placements.add(new Placement(index, Mapping.kind(operator), Mapping.name(graph, operator),
                    reason.isEmpty(), isOpen ? "has a kernel, whose types are not confirmed" : reason));
        }
        return new Mapping("TFLite Micro", SOURCE, placements);
    }

    /// Why a kernel does not take the operator; empty where it does.
    private static String refusal(Subgraph graph, Operator operator) {
        if (operator.options() instanceof Options.Custom custom) {
            return CUSTOM.contains(custom.name()) ? "" : "is a custom operator that the runtime does not bring";
        }
        KernelTypes kernel = KERNELS.get(operator.code());
        if (kernel == null) {
            return "has no kernel";
        }
        if (kernel.input >= operator.inputs().size() || operator.inputs().get(kernel.input) == Operator.ABSENT) {
            return "";
        }
        Tensor input = graph.tensor(operator.inputs().get(kernel.input));
        if (!kernel.types.isEmpty() && !kernel.types.contains(input.type())) {
            return "works on " + input.type() + ", its kernel takes " + names(kernel.types);
        }
        return isHybrid(graph, operator, input)
                ? "has FLOAT32 activations and %s weights; hybrid kernels are not supported".formatted(
                        graph.tensor(operator.inputs().get(1)).type())
                : "";
    }

    private static boolean isHybrid(Subgraph graph, Operator operator, Tensor input) {
        return switch (operator.code()) {
            case CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, SVDF, TRANSPOSE_CONV ->
                    input.type() == ElementType.FLOAT32
                            && graph.tensor(operator.inputs().get(1)).type() != ElementType.FLOAT32;
            default -> false;
        };
    }

    private static String names(Set<ElementType> types) {
        return String.join(" or ", types.stream().map(ElementType::name).toList());
    }
}
