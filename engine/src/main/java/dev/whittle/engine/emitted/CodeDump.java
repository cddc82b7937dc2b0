package dev.whittle.engine.emitted;

import dev.whittle.engine.emitted.x86.Assembler;
import dev.whittle.engine.emitted.x86.ListingLine;
import dev.whittle.engine.file.AtomicFile;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Collectors;

/// All emitted code as files in the folder that `-Dwhittle.emitted.dump` names, so that an address of a crash can be looked
/// up: `<hash>.bin` is the code, `<hash>.txt` its listing, and `code-<process>.tsv` has a line for each place that code was
/// sealed at: address, bytes, hash and operator. The number of the process is that of the JVM's `hs_err_pid<process>.log`.
final class CodeDump {
    static final String PROPERTY = "whittle.emitted.dump";

    private static final int HASH_DIGITS = 16;
    /// The index so far. Guarded by the class.
    private static final StringBuilder INDEX = new StringBuilder("address\tbytes\thash\toperator\n");

    private CodeDump() {}

    /// Writes the files of code that was sealed at an address, where a folder is named. Where it cannot be written to, a line
    /// in the log says so.
    static void write(Assembler written, long address, String operator) {
        String folder = System.getProperty(PROPERTY);
        if (folder != null) {
            write(Path.of(folder), written, address, operator);
        }
    }

    private static synchronized void write(Path folder, Assembler written, long address, String operator) {
        byte[] code = written.code();
        String hash = hash(code);
        try {
            Files.createDirectories(folder);
            Path binary = folder.resolve(hash + ".bin");
            if (!Files.exists(binary)) {
                AtomicFile.write(folder.resolve(hash + ".txt"), listing(written).getBytes(StandardCharsets.UTF_8));
                AtomicFile.write(binary, code);
            }
            INDEX.append("0x%x\t%d\t%s\t%s%n".formatted(address, code.length, hash, operator.replaceFirst(": $", "")));
            AtomicFile.write(folder.resolve("code-" + ProcessHandle.current().pid() + ".tsv"),
                    INDEX.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            System.getLogger(CodeDump.class.getName()).log(Level.WARNING,
                    "-D" + PROPERTY + "=" + folder + ": cannot write code there: " + e);
        }
    }

    private static String listing(Assembler written) {
        return written.listing().stream().map(ListingLine::toString).collect(Collectors.joining("\n", "", "\n"));
    }

    /// The first digits of the SHA-256 of code, which name it.
    static String hash(byte[] code) {
        return HexFormat.of().formatHex(sha256().digest(code)).substring(0, HASH_DIGITS);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
