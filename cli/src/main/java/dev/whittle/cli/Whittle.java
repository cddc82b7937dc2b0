package dev.whittle.cli;

import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_OPTION_LIST;

import dev.whittle.cli.command.BenchCommand;
import dev.whittle.cli.command.CompressCommand;
import dev.whittle.cli.command.ConformanceCommand;
import dev.whittle.cli.command.ConvertCommand;
import dev.whittle.cli.command.DataCommand;
import dev.whittle.cli.command.DemoCommand;
import dev.whittle.cli.command.DiffCommand;
import dev.whittle.cli.command.EdgeTpuCommand;
import dev.whittle.cli.command.EvaluateCommand;
import dev.whittle.cli.command.ExplainCommand;
import dev.whittle.cli.command.InspectCommand;
import dev.whittle.cli.command.LintCommand;
import dev.whittle.cli.command.MicroCommand;
import dev.whittle.cli.command.OperatorsCommand;
import dev.whittle.cli.command.QuantizeCommand;
import dev.whittle.cli.command.ReportCommand;
import dev.whittle.cli.command.RunCommand;
import dev.whittle.cli.command.SensitivityCommand;
import dev.whittle.cli.command.SweepCommand;
import dev.whittle.cli.command.TraceCommand;
import dev.whittle.cli.command.TrainCommand;
import dev.whittle.cli.command.WhatIfCommand;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/// The `whittle` command. Results go to standard output; progress and errors to standard error. Every failure is one
/// line that names the file, operator or tensor, what was found and what to do.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage.
@Command(name = "whittle", description = "Train a small vision model, quantize it to int8, and run any .tflite file on a plain JVM.", mixinStandardHelpOptions = true, scope = ScopeType.INHERIT, versionProvider = Whittle.Version.class, synopsisSubcommandLabel = "COMMAND", usageHelpAutoWidth = true, sortOptions = false, exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
    "0:done", "1:failed", "2:wrong usage"}, footerHeading = "%nExample:%n", footer = "  whittle demo", subcommands = {
        DemoCommand.class, DataCommand.class, TrainCommand.class, CompressCommand.class,
        ConvertCommand.class,
        QuantizeCommand.class, SweepCommand.class, EvaluateCommand.class, RunCommand.class, BenchCommand.class,
        InspectCommand.class, OperatorsCommand.class, ExplainCommand.class, ReportCommand.class,
        TraceCommand.class, SensitivityCommand.class, WhatIfCommand.class, DiffCommand.class, LintCommand.class,
        EdgeTpuCommand.class, MicroCommand.class, ConformanceCommand.class})
public final class Whittle {

    private Whittle() {}

    /// Runs one command and ends the JVM with its exit code.
    public static void main(String[] arguments) {
        StandardError.restore();
        // Numbers read the same everywhere.
        Locale.setDefault(Locale.ROOT);
        PrintWriter out = new PrintWriter(System.out, true);
        PrintWriter err = new PrintWriter(System.err, true);
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            err.println("whittle: the Vector API module is off and the scalar kernels run;"
                    + " add --add-modules jdk.incubator.vector to the java command");
        }
        System.exit(execute(out, err, arguments));
    }

    /// Runs one command in this JVM and gives its exit code.
    public static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine whittle = new CommandLine(new Whittle())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((failure, args) -> usage(failure))
                .setExecutionExceptionHandler((failure, command, parsed) -> failed(err, failure));
        whittle.getSubcommands().values().forEach(
                command -> command.getHelpSectionMap().put(SECTION_KEY_OPTION_LIST, OptionGroup::render));
        try {
            return whittle.execute(arguments);
        } catch (Error e) {
            // Whatever it is, a person reads one line and no trace.
            return failed(err, e);
        }
    }

    private static int usage(ParameterException failure) {
        CommandLine command = failure.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr().println(name + ": " + FailureMessage.oneLine(failure.getMessage()).replaceFirst("^Error: ", "")
                + " (see " + name + " --help)");
        return CommandLine.ExitCode.USAGE;
    }

    private static int failed(PrintWriter err, Throwable failure) {
        err.println("whittle: " + FailureMessage.of(failure));
        return CommandLine.ExitCode.SOFTWARE;
    }

    /// The version in the jar's manifest.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[]{"whittle " + number()};
        }

        static String number() {
            String version = Whittle.class.getPackage().getImplementationVersion();
            return version == null ? "(not packaged)" : version;
        }
    }
}
