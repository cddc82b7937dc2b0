package dev.whittle.quantizer.prune;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;

/// How large a model is: as a file, after gzip, and at least under any code for single weights.
///
/// @param fileBytes of the `.tflite` file
/// @param gzipBytes of that file after gzip, which is what a download takes
/// @param entropyBytes the sum of those of the tensors
/// @param tensors its constants of real numbers or codes, in the order of the file
public record SizeReport(long fileBytes, long gzipBytes, double entropyBytes, List<TensorSize> tensors) {
    public SizeReport {
        tensors = List.copyOf(tensors);
    }

    /// A constant.
    ///
    /// @param elements how many
    /// @param bytes as it stands in memory
    /// @param zeros the share of elements that are zero, 0 to 1
    /// @param distinct different values, zero among them
    /// @param entropyBytes `elements · H / 8`, `H` being the entropy of the values in bits (Shannon 1948): less no code takes
    ///        that gives each value a word of its own, the table of values not counted
    public record TensorSize(String name, String type, int elements, int bytes, double zeros, int distinct,
            double entropyBytes) {
    }

    /// The report on a model and the file that holds it.
    public static SizeReport of(Model model, byte[] file) {
        List<TensorSize> sizes = new ArrayList<>();
        Set<Buffer> seen = new HashSet<>();
        model.subgraphs().forEach(subgraph -> subgraph.tensors().forEach(tensor -> {
            Buffer data = tensor.buffer();
            if (data != null && isWeight(tensor) && tensor.shape().elementCount() > 1 && seen.add(data)) {
                sizes.add(of(tensor, data));
            }
        }));
        return new SizeReport(file.length, gzipped(file), sizes.stream().mapToDouble(TensorSize::entropyBytes).sum(),
                sizes);
    }

    /// INT32 is a bias where it has a scale, else a shape or axes.
    private static boolean isWeight(Tensor tensor) {
        return switch (tensor.type()) {
            case FLOAT32, FLOAT16, BFLOAT16, FLOAT64, INT8, UINT8, INT4, UINT4, INT2, INT16 -> true;
            case INT32, INT64 -> tensor.quantization() != null;
            default -> false;
        };
    }

    private static TensorSize of(Tensor tensor, Buffer data) {
        int elements = tensor.shape().elementCount();
        Map<Long, Integer> counts = new HashMap<>();
        ByteBuffer bytes = data.bytes();
        int bits = tensor.type().bits();
        byte[] codes = bits <= Byte.SIZE ? data.toCodes(tensor.type(), elements) : new byte[0];
        for (int i = 0; i < elements; i++) {
            long value = switch (bits) {
                case Short.SIZE -> bytes.getShort(i * Short.BYTES);
                case Integer.SIZE -> bytes.getInt(i * Integer.BYTES);
                case Long.SIZE -> bytes.getLong(i * Long.BYTES);
                default -> codes[i];
            };
            counts.merge(value, 1, Integer::sum);
        }
        double entropy = 0;
        for (int count : counts.values()) {
            entropy -= count * Math.log(count / (double) elements) / Math.log(2);
        }
        return new TensorSize(tensor.name(), tensor.type().toString(), elements, data.byteLength(),
                counts.getOrDefault(0L, 0) / (double) elements, counts.size(), Math.max(0, entropy) / Byte.SIZE);
    }

    private static long gzipped(byte[] file) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.size();
    }
}
