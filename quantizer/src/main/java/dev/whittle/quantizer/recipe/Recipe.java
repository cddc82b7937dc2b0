package dev.whittle.quantizer.recipe;

import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Operator;
import dev.whittle.engine.model.OperatorCode;
import java.util.List;

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

    private static String name(Model model, Operator operator) {
        return operator.outputs().isEmpty() ? "" : model.primary().tensor(operator.outputs().getFirst()).name();
    }
}
