package dev.whittle.trainer.weights;

import dev.whittle.engine.model.Shape;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.exceptions.HdfException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The arrays of a Keras file in HDF5.
final class Hdf5Weights {
    /// Groups are not followed deeper: links can lead in a circle.
    private static final int DEEPEST = 16;
    private static final int MOST_NAMES = 10_000;
    private static final String WHOLE_MODEL = "model_weights";
    private static final Pattern NUMBER = Pattern.compile("\\d+");

    private final String source;
    private final WeightArrays.Budget budget;
    private final List<WeightArray> arrays = new ArrayList<>();

    private Hdf5Weights(String source) {
        this.source = source;
        budget = new WeightArrays.Budget(source);
    }

    static WeightArrays read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new WeightsException("[%s] no such file".formatted(file));
        }
        Hdf5Weights reader = new Hdf5Weights(String.valueOf(file.getFileName()));
        try (HdfFile hdf = new HdfFile(file)) {
            reader.readFile(hdf);
        } catch (WeightsException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            // jHDF answers damaged files with unchecked exceptions of many types.
            String reason = e instanceof HdfException && e.getMessage() != null ? e.getMessage() : e.toString();
            throw new WeightsException(
                    "[%s] is no HDF5 file that can be read: %s".formatted(reader.source,
                            reason.strip().replaceAll("\\s*\\R\\s*", "; ")),
                    e);
        }
        return new WeightArrays(reader.source, reader.arrays);
    }

    private void readFile(HdfFile hdf) {
        Group root = hdf.getChild(WHOLE_MODEL) instanceof Group whole ? whole : hdf;
        List<String> layerNames = strings(root, "layer_names");
        if (layerNames == null) {
            readGroup(hdf, "", 0);
            return;
        }
        for (String layer : layerNames) {
            if (!(root.getChild(layer) instanceof Group group)) {
                throw new WeightsException(
                        "[%s] lists the layer \"%s\" but has no group of it".formatted(source, layer));
            }
            List<String> weightNames = strings(group, "weight_names");
            for (String weight : weightNames == null ? List.<String>of() : weightNames) {
                if (!(group.getByPath(weight) instanceof Dataset dataset)) {
                    throw new WeightsException("[%s] lists the weight \"%s\" of layer \"%s\" but has no array of it"
                            .formatted(source, weight, layer));
                }
                add(dataset, layer + "/" + weight.substring(weight.lastIndexOf('/') + 1).replaceFirst(":0$", ""));
            }
        }
    }

    private void readGroup(Group group, String path, int depth) {
        if (depth > DEEPEST) {
            throw new WeightsException("[%s] has groups in groups, more than %d deep".formatted(source, DEEPEST));
        }
        List<Map.Entry<String, Node>> children = new ArrayList<>(group.getChildren().entrySet());
        children.sort(Map.Entry.comparingByKey(Comparator.comparing(Hdf5Weights::sortable)));
        for (Map.Entry<String, Node> child : children) {
            switch (child.getValue()) {
                case Dataset dataset -> add(dataset, path + child.getKey());
                case Group inner when !(depth == 0 && child.getKey().equals("optimizer")) ->
                        readGroup(inner, path + child.getKey() + "/", depth + 1);
                default -> {
                }
            }
        }
    }

    /// A name whose order as text is its order with numbers as numbers.
    private static String sortable(String name) {
        return NUMBER.matcher(name).replaceAll(number -> Matcher
                .quoteReplacement("0".repeat(Math.max(0, 10 - number.group().length())) + number.group()));
    }

    private void add(Dataset dataset, String name) {
        Class<?> type = dataset.getJavaType();
        if (type != float.class && type != double.class) {
            return;
        }
        // jHDF makes an array of the elements' own type, and a second one on the way.
        budget.take(name, 2 * dataset.getSizeInBytes());
        int[] dimensions = dataset.getDimensions();
        Object data = dimensions.length == 0 ? dataset.getData() : dataset.getDataFlat();
        float[] values = switch (data) {
            case float[] floats -> floats;
            case double[] doubles -> narrowed(doubles);
            case Number one -> new float[]{one.floatValue()};
            default -> throw new WeightsException("[%s] array \"%s\" holds %s, expected floating-point numbers"
                    .formatted(source, name, type.getSimpleName()));
        };
        arrays.add(new WeightArray(name, Shape.of(dimensions), values));
    }

    private static float[] narrowed(double[] doubles) {
        float[] floats = new float[doubles.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) doubles[i];
        }
        return floats;
    }

    private @Nullable List<String> strings(Node node, String name) {
        Attribute attribute = node.getAttribute(name);
        if (attribute == null || attribute.isEmpty() || attribute.getSize() == 0) {
            return attribute == null ? null : List.of();
        }
        if (attribute.getSize() > MOST_NAMES) {
            throw new WeightsException("[%s] %s has %d entries, at most %d are read".formatted(source, name,
                    attribute.getSize(), MOST_NAMES));
        }
        return attribute.getData() instanceof String[] names ? Arrays.asList(names) : null;
    }
}
