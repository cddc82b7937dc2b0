package dev.whittle.cli.command;

import dev.whittle.cli.Json;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.schema.ModelReader;
import dev.whittle.quantizer.microscope.device.Mapping;
import dev.whittle.quantizer.microscope.device.Micro;
import dev.whittle.quantizer.microscope.device.TensorArena;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "micro", description = "Say which operators TFLite Micro takes and how much arena a model needs.", footer = "  whittle micro int8.tflite")
public final class MicroCommand implements Callable<Integer> {
    private static final String LEFT_OUT =
            "not counted: descriptions of tensors and operators, channels' multipliers, kernels' scratch";

    @Parameters(paramLabel = "MODEL", description = "A .tflite file.") private Path model = Path.of("");

    @Option(names = "--json", description = "Print as JSON.") private boolean json;

    @Spec private CommandSpec spec = CommandSpec.create();

    /// The JSON document.
    ///
    /// @param format the version of this layout
    /// @param bytes of the file, which a microcontroller keeps in flash
    /// @param groups the placements, equal ones together
    /// @param leftOut what the arena does not count
    record Document(int format, String file, long bytes, int operators, int mapped, Mapping mapping,
            List<Mapping.Group> groups, TensorArena arena, String leftOut) {
    }

    @Override
    public Integer call() throws IOException {
        Model read = ModelReader.read(model);
        Mapping mapping = Micro.map(read);
        Document document = new Document(1, model.toString(), Files.size(model), mapping.placements().size(),
                mapping.mapped(), mapping, mapping.groups(), TensorArena.of(read.primary()), LEFT_OUT);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(document) + System.lineSeparator() : text(document, read.primary()));
        out.flush();
        return 0;
    }

    private static String text(Document document, Subgraph graph) {
        TensorArena arena = document.arena;
        String busiest = arena.busiest() < 0 ? ""
                : " (%s #%d)".formatted(graph.operators().get(arena.busiest()).code(), arena.busiest());
        return EdgeTpuCommand.table(document.groups, "TFLite Micro", "nothing")
                + String.format(Locale.ROOT,
                        "%n%d of %d operators have a kernel, by %s%n"
                                + "arena %,d bytes for %d tensors; the busiest operator%s needs %,d%n%s%n"
                                + "flash %,d bytes for the file, %,d of them constants%n",
                        document.mapped, document.operators, document.mapping.source(), arena.bytes(),
                        arena.tensors(), busiest, arena.lowerBoundBytes(), document.leftOut, document.bytes,
                        arena.constantBytes());
    }
}
