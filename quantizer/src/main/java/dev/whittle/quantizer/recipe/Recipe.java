package dev.whittle.quantizer.recipe;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.quantizer.observe.CalibrationMethod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How each operator of a model is quantized: the first rule that matches counts, and an operator that none matches stays
/// float. An operator is named by its first output's tensor.
///
/// @param rules in the order in which they are tried
public record Recipe(List<Rule> rules) {
    private static final Rule FLOAT = Rule.of(Mode.FLOAT);

    public Recipe {
        rules = List.copyOf(rules);
    }

    /// The given rules.
    public static Recipe of(Rule... rules) {
        return new Recipe(List.of(rules));
    }

    /// Every operator in one mode.
    public static Recipe of(Mode mode) {
        return of(Rule.of(mode));
    }

    /// The rule for an operator.
    ///
    /// @param outputName of the first output
    public Rule ruleFor(OperatorCode code, String outputName) {
        return rules.stream().filter(rule -> rule.matches(code, outputName)).findFirst().orElse(FLOAT);
    }

    /// The rules for a model's operators, in their order.
    public List<Rule> rulesFor(Model model) {
        return model.primary().operators().stream().map(operator -> ruleFor(operator.code(), name(model, operator)))
                .toList();
    }

    /// How the range of each activation is measured, by tensor name: as the rule of the operator says that computes it, or,
    /// for an input, that takes it first.
    public Map<String, CalibrationMethod> calibrationMethods(Model model) {
        Map<String, CalibrationMethod> methods = new HashMap<>();
        List<Rule> rules = rulesFor(model);
        Subgraph subgraph = model.primary();
        for (int number = rules.size() - 1; number >= 0; number--) {
            Operator operator = subgraph.operators().get(number);
            CalibrationMethod method = rules.get(number).calibration();
            operator.outputs().forEach(output -> methods.put(subgraph.tensor(output).name(), method));
            operator.inputs().stream().filter(subgraph.inputs()::contains)
                    .forEach(input -> methods.put(subgraph.tensor(input).name(), method));
        }
        return methods;
    }

    private static String name(Model model, Operator operator) {
        return operator.outputs().isEmpty() ? "" : model.primary().tensor(operator.outputs().getFirst()).name();
    }
}
