package dev.whittle.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Options that several commands have in common. In the help of a command with many options they stand below a heading.
public interface OptionGroup {
    /// The heading, such as "Images".
    String heading();

    /// The options of a command for its help, each group below its heading and what belongs to none below "Other" at the end;
    /// a command with one group or none has no headings.
    static String render(Help help) {
        CommandSpec command = help.commandSpec();
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        List<OptionSpec> others = new ArrayList<>(command.options());
        for (CommandSpec mixin : mixins(command).toList()) {
            if (mixin.userObject() instanceof OptionGroup group) {
                List<String> names = mixin.options().stream().map(OptionSpec::longestName).toList();
                List<OptionSpec> options =
                        command.options().stream().filter(option -> names.contains(option.longestName())).toList();
                groups.computeIfAbsent(group.heading(), _ -> new ArrayList<>()).addAll(options);
                others.removeAll(options);
            }
        }
        if (groups.size() < 2) {
            return layout(help, command.options());
        }
        groups.put("Other", others);
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, options) -> text.append(System.lineSeparator()).append(heading).append(':')
                .append(System.lineSeparator()).append(layout(help, options)));
        return text.toString();
    }

    /// What is mixed into a command, and into that.
    private static Stream<CommandSpec> mixins(CommandSpec command) {
        return command.mixins().values().stream().flatMap(mixin -> Stream.concat(Stream.of(mixin), mixins(mixin)));
    }

    private static String layout(Help help, List<OptionSpec> options) {
        Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
        layout.addOptions(options, help.createDefaultParamLabelRenderer());
        return layout.toString();
    }
}
