package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.FlexBuffer;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The custom operator TFLite_Detection_PostProcess, the end of single-shot detectors (LiteRT
/// `detection_postprocess.cc`): box encodings `[1, box, 4 or more]`, class scores `[1, box, class]` and anchors `[box, 4]`
/// (center and size, y before x) become detections. A box is decoded against its anchor:
///
/// ```
/// center = encoding / scale · anchorSize + anchorCenter
/// half   = exp(encoding / scale) · anchorSize / 2
/// ```
///
/// Then boxes are picked by score, and those that overlap a picked one by more than the threshold are dropped (intersection
/// over union). Fast: once, each box with the best of its classes, of which the best few are given; regular: for each
/// class by itself, and the best of all are given. The class before the first of `num_classes` is background, if scores
/// have one more.
///
/// Outputs: boxes `[1, n, 4]` as two corners, classes and scores `[1, n]`, and how many there are `[1]`; zeros where there
/// is none. Quantized inputs are brought to floats first. Of equal scores the earlier box comes first.
///
/// Options (FlexBuffers map): max_detections, max_classes_per_detection, detections_per_class (100), use_regular_nms
/// (false), nms_score_threshold, nms_iou_threshold, num_classes, y_scale, x_scale, h_scale, w_scale.
public final class DetectionPostProcess implements CustomOperator {
    private static final int CORNERS = 4;
    private static final int DETECTIONS_PER_CLASS = 100;
    private static final int BOXES = 0;
    private static final int SCORES = 1;
    private static final int ANCHORS = 2;

    @Override
    public String name() {
        return "TFLite_Detection_PostProcess";
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.UINT8, ElementType.INT8);
    }

    /// The options, checked.
    private record Settings(int maxDetections, int classesPerDetection, int detectionsPerClass, boolean isRegular,
            float scoreThreshold, float overlapThreshold, int classes, float yScale, float xScale, float hScale,
            float wScale) {

        static Settings of(Preparation p) {
            Settings settings = decode(p);
            if (settings.maxDetections < 0 || settings.classesPerDetection < 0 || settings.detectionsPerClass < 0
                    || settings.classes <= 0) {
                throw p.malformed("max_detections is " + settings.maxDetections + ", max_classes_per_detection "
                        + settings.classesPerDetection + ", detections_per_class " + settings.detectionsPerClass
                        + " and num_classes " + settings.classes + ", must be 0 or more, and num_classes 1 or more");
            }
            if (settings.isRegular
                    ? Math.min(settings.detectionsPerClass, settings.maxDetections) == 0
                    : settings.classesPerDetection == 0) {
                throw p.malformed("gives no detections: " + (settings.isRegular
                        ? "detections_per_class or max_detections is 0"
                        : "max_classes_per_detection is 0"));
            }
            if (!(settings.overlapThreshold > 0 && settings.overlapThreshold <= 1)) {
                throw p.malformed(
                        "nms_iou_threshold is " + settings.overlapThreshold + ", must be above 0 and at most 1");
            }
            for (float scale : new float[]{settings.yScale, settings.xScale, settings.hScale, settings.wScale}) {
                if (!Float.isFinite(scale) || scale == 0) {
                    throw p.malformed("y_scale, x_scale, h_scale and w_scale are " + settings.yScale + ", "
                            + settings.xScale + ", " + settings.hScale + " and " + settings.wScale
                            + ", must be finite and not 0");
                }
            }
            return settings;
        }

        private static Settings decode(Preparation p) {
            Map<String, @Nullable Object> map;
            try {
                map = FlexBuffer.decodeMap(((Options.Custom) p.options()).data());
            } catch (IllegalArgumentException e) {
                throw p.malformed("options are " + e.getMessage());
            }
            return new Settings((int) number(p, map, "max_detections", 0),
                    (int) number(p, map, "max_classes_per_detection", 0),
                    (int) number(p, map, "detections_per_class", DETECTIONS_PER_CLASS),
                    number(p, map, "use_regular_nms", 0) != 0, (float) number(p, map, "nms_score_threshold", 0),
                    (float) number(p, map, "nms_iou_threshold", 0), (int) number(p, map, "num_classes", 0),
                    (float) number(p, map, "y_scale", 0), (float) number(p, map, "x_scale", 0),
                    (float) number(p, map, "h_scale", 0), (float) number(p, map, "w_scale", 0));
        }

        private static double number(Preparation p, Map<String, @Nullable Object> map, String name, double otherwise) {
            return switch (map.get(name)) {
                case null -> otherwise;
                case Long value -> value;
                case Double value -> value;
                case Boolean value -> value ? 1 : 0;
                default -> throw p.malformed(name + " is " + map.get(name) + ", must be a number");
            };
        }

        int outputBoxes(Preparation p) {
            long boxes = (long) maxDetections * classesPerDetection;
            if (2L * maxDetections > Integer.MAX_VALUE || boxes > Integer.MAX_VALUE) {
                throw p.malformed("max_detections is " + maxDetections + " and max_classes_per_detection "
                        + classesPerDetection + ", their product must stay below 2^31");
            }
            return (int) boxes;
        }
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3, 4);
        Settings settings = Settings.of(p);
        Tensor boxes = p.inputTensor(BOXES);
        Tensor scores = p.inputTensor(SCORES);
        Tensor anchors = p.inputTensor(ANCHORS);
        TensorChecks.rank(p, "boxes", boxes, 3);
        TensorChecks.rank(p, "scores", scores, 3);
        TensorChecks.rank(p, "anchors", anchors, 2);
        int count = boxes.shape().dimension(1);
        if (boxes.shape().dimension(0) != 1 || boxes.shape().dimension(2) < CORNERS) {
            throw p.malformed("boxes have shape " + boxes.shape() + ", must have one batch and at least 4 coordinates");
        }
        int background = scores.shape().dimension(2) - settings.classes();
        if (scores.shape().dimension(0) != 1 || scores.shape().dimension(1) != count
                || background != 0 && background != 1) {
            throw p.malformed("scores have shape " + scores.shape() + ", must have [1, " + count + ", "
                    + settings.classes() + " or one more]");
        }
        if (anchors.shape().dimension(0) < count || anchors.shape().dimension(1) != CORNERS) {
            throw p.malformed("anchors have shape " + anchors.shape() + ", must have [" + count + ", 4]");
        }
        int outputs = settings.outputBoxes(p);
        // Each box is compared with each picked one, for each class where these are by themselves.
        p.requireWork((long) count * Math.min(count, settings.maxDetections())
                * (settings.isRegular() ? settings.classes() : 1));
        return List.of(Shape.of(1, outputs, CORNERS), Shape.of(1, outputs), Shape.of(1, outputs), Shape.of(1));
    }

    @Override
    public Kernel prepare(Preparation p) {
        for (int i = 0; i < p.outputCount(); i++) {
            TensorChecks.sameType(p, "output " + i, p.outputTensor(i), ElementType.FLOAT32);
        }
        ElementType type = p.inputTensor(BOXES).type();
        TensorChecks.sameType(p, "anchors", p.inputTensor(ANCHORS), type);
        return new Detection(p, Settings.of(p))::run;
    }

    /// An input as floats.
    private record Numbers(Slot slot, float scale, int zeroPoint) {

        static Numbers of(Preparation p, int input, String role) {
            Tensor tensor = p.inputTensor(input);
            return switch (tensor.type()) {
                case FLOAT32 -> new Numbers(p.input(input), 1, 0);
                case UINT8, INT8 -> {
                    QuantizationParameters parameters = TensorChecks.quantizedPerTensor(p, role, tensor);
                    yield new Numbers(p.input(input), parameters.scale(0), parameters.zeroPoint(0));
                }
                default -> throw p.unsupported(role + " are " + tensor.type()
                        + ", supported are FLOAT32, UINT8 and INT8");
            };
        }

        float get(Memory memory, int index) {
            int at = memory.offset(slot) + index;
            return switch (slot.type()) {
                case FLOAT32 -> memory.floats(slot)[at];
                case UINT8 -> (float) ((memory.bytes(slot)[at] & 0xff) - zeroPoint) * scale;
                default -> (float) (memory.bytes(slot)[at] - zeroPoint) * scale;
            };
        }
    }

    private static final class Detection {
        private final Settings settings;
        private final String where;
        private final Numbers encodings;
        private final Numbers scores;
        private final Numbers anchors;
        private final int count;
        private final int encodingSize;
        private final int scoreSize;
        private final int background;
        private final int categories;
        private final Slot corners;
        /** Of the boxes that take part in one suppression: their scores, and these as keys in order. */
        private final Slot candidateScores;
        private final Slot keys;
        private final Slot candidates;
        private final Slot order;
        private final Slot isDropped;
        private final Slot picks;
        private final Slot classKeys;
        private final Slot bestClasses;
        private final @Nullable Merged merged;
        private final Slot outBoxes;
        private final Slot outClasses;
        private final Slot outScores;
        private final Slot outCount;

        /// The best detections of all classes so far, and room to merge those of one more.
        private record Merged(Slot scores, Slot numbers, Slot newScores, Slot newNumbers) {
        }

        Detection(Preparation p, Settings settings) {
            this.settings = settings;
            this.where = p.where();
            this.encodings = Numbers.of(p, BOXES, "boxes");
            this.scores = Numbers.of(p, SCORES, "scores");
            this.anchors = Numbers.of(p, ANCHORS, "anchors");
            Shape boxes = p.inputTensor(BOXES).shape();
            this.count = boxes.dimension(1);
            this.encodingSize = boxes.dimension(2);
            this.scoreSize = p.inputTensor(SCORES).shape().dimension(2);
            this.background = scoreSize - settings.classes();
            this.categories = Math.min(settings.classesPerDetection(), settings.classes());
            this.corners = p.scratch(ElementType.FLOAT32, StepVector.count(p, count, CORNERS));
            this.candidateScores = p.scratch(ElementType.FLOAT32, count);
            this.keys = p.scratch(ElementType.INT64, count);
            this.candidates = p.scratch(ElementType.INT32, count);
            this.order = p.scratch(ElementType.INT32, count);
            this.isDropped = p.scratch(ElementType.BOOL, count);
            this.picks = p.scratch(ElementType.INT32, Math.min(count, settings.maxDetections()));
            this.classKeys = p.scratch(ElementType.INT64, settings.classes());
            this.bestClasses = p.scratch(ElementType.INT32, settings.isRegular() ? 0 : categories);
            int room = settings.maxDetections();
            this.merged = settings.isRegular()
                    ? new Merged(p.scratch(ElementType.FLOAT32, room), p.scratch(ElementType.INT32, room),
                            p.scratch(ElementType.FLOAT32, room), p.scratch(ElementType.INT32, room))
                    : null;
            this.outBoxes = p.output(0);
            this.outClasses = p.output(1);
            this.outScores = p.output(2);
            this.outCount = p.output(3);
        }

        void run(Memory memory) {
            clear(memory, outBoxes);
            clear(memory, outClasses);
            clear(memory, outScores);
            decode(memory);
            int detections = merged == null ? fast(memory) : regular(memory, merged);
            memory.floats(outCount)[memory.offset(outCount)] = detections;
        }

        private static void clear(Memory memory, Slot output) {
            int first = memory.offset(output);
            Arrays.fill(memory.floats(output), first, first + output.elementCount(), 0);
        }

        private void decode(Memory memory) {
            float[] to = memory.floats(corners);
            for (int box = 0; box < count; box++) {
                int from = box * encodingSize;
                int anchor = box * CORNERS;
                float y = center(memory, from, settings.yScale(), anchor, 2);
                float x = center(memory, from + 1, settings.xScale(), anchor + 1, 2);
                float halfHeight = half(memory, from + 2, settings.hScale(), anchor + 2);
                float halfWidth = half(memory, from + 3, settings.wScale(), anchor + 3);
                int at = memory.offset(corners) + box * CORNERS;
                to[at] = y - halfHeight;
                to[at + 1] = x - halfWidth;
                to[at + 2] = y + halfHeight;
                to[at + 3] = x + halfWidth;
                if (to[at] > to[at + 2] || to[at + 1] > to[at + 3]) {
                    throw new MalformedModelException(where + "box " + box + " goes from [" + to[at] + ", " + to[at + 1]
                            + "] to [" + to[at + 2] + ", " + to[at + 3] + "], must not end before it begins");
                }
            }
        }

        /// @param size how many anchor elements on its size stands
        private float center(Memory memory, int encoding, float scale, int anchor, int size) {
            return (float) (encodings.get(memory, encoding) / (double) scale * anchors.get(memory, anchor + size)
                    + anchors.get(memory, anchor));
        }

        private float half(Memory memory, int encoding, float scale, int anchor) {
            return (float) (0.5 * StrictMath.exp(encodings.get(memory, encoding) / (double) scale)
                    * anchors.get(memory, anchor));
        }

        private float score(Memory memory, int box, int kind) {
            return scores.get(memory, box * scoreSize + background + kind);
        }

        private int fast(Memory memory) {
            float[] best = memory.floats(candidateScores);
            for (int box = 0; box < count; box++) {
                float largest = score(memory, box, 0);
                for (int kind = 1; kind < settings.classes(); kind++) {
                    largest = Math.max(largest, score(memory, box, kind));
                }
                best[memory.offset(candidateScores) + box] = largest;
            }
            int picked = suppress(memory, settings.maxDetections());
            for (int i = 0; i < picked; i++) {
                int box = memory.ints(picks)[memory.offset(picks) + i];
                long[] classKey = memory.longs(classKeys);
                for (int kind = 0; kind < settings.classes(); kind++) {
                    classKey[memory.offset(classKeys) + kind] = TopK.key(score(memory, box, kind));
                }
                TopK.select(classKey, memory.offset(classKeys), settings.classes(), memory.ints(bestClasses),
                        memory.offset(bestClasses), categories);
                for (int k = 0; k < categories; k++) {
                    int kind = memory.ints(bestClasses)[memory.offset(bestClasses) + k];
                    give(memory, i * settings.classesPerDetection() + k, box, kind, score(memory, box, kind));
                }
            }
            return picked;
        }

        private int regular(Memory memory, Merged all) {
            int perClass = Math.min(settings.detectionsPerClass(), settings.maxDetections());
            int known = 0;
            for (int kind = 0; kind < settings.classes(); kind++) {
                for (int box = 0; box < count; box++) {
                    memory.floats(candidateScores)[memory.offset(candidateScores) + box] = score(memory, box, kind);
                }
                known = merge(memory, all, known, suppress(memory, perClass), kind);
            }
            for (int i = 0; i < Math.min(known, outScores.elementCount()); i++) {
                int number = memory.ints(all.numbers())[memory.offset(all.numbers()) + i];
                give(memory, i, number / settings.classes(), number % settings.classes(),
                        memory.floats(all.scores())[memory.offset(all.scores()) + i]);
            }
            return known;
        }

        /// Merges the picks of a class into the best of all; of equal scores those of earlier classes come first.
        ///
        /// @return how many there are now
        private int merge(Memory memory, Merged all, int known, int picked, int kind) {
            float[] score = memory.floats(all.scores());
            int[] number = memory.ints(all.numbers());
            int room = settings.maxDetections();
            int size = Math.min(room, known + picked);
            int old = 0;
            int fresh = 0;
            for (int i = 0; i < size; i++) {
                boolean takesOld = fresh == picked;
                float next = 0;
                int box = 0;
                if (!takesOld) {
                    box = memory.ints(picks)[memory.offset(picks) + fresh];
                    next = memory.floats(candidateScores)[memory.offset(candidateScores) + box];
                    takesOld = old < known && !(next > score[memory.offset(all.scores()) + old]);
                }
                int to = memory.offset(all.newScores()) + i;
                int toNumber = memory.offset(all.newNumbers()) + i;
                if (takesOld) {
                    memory.floats(all.newScores())[to] = score[memory.offset(all.scores()) + old];
                    memory.ints(all.newNumbers())[toNumber] = number[memory.offset(all.numbers()) + old];
                    old++;
                } else {
                    memory.floats(all.newScores())[to] = next;
                    memory.ints(all.newNumbers())[toNumber] = box * settings.classes() + kind;
                    fresh++;
                }
            }
            System.arraycopy(memory.floats(all.newScores()), memory.offset(all.newScores()), score,
                    memory.offset(all.scores()), size);
            System.arraycopy(memory.ints(all.newNumbers()), memory.offset(all.newNumbers()), number,
                    memory.offset(all.numbers()), size);
            return size;
        }

        private void give(Memory memory, int detection, int box, int kind, float score) {
            System.arraycopy(memory.floats(corners), memory.offset(corners) + box * CORNERS, memory.floats(outBoxes),
                    memory.offset(outBoxes) + detection * CORNERS, CORNERS);
            memory.floats(outClasses)[memory.offset(outClasses) + detection] = kind;
            memory.floats(outScores)[memory.offset(outScores) + detection] = score;
        }

        /// Picks boxes by [#candidateScores], best first, dropping those that overlap a picked one too much.
        ///
        /// @return how many were picked
        private int suppress(Memory memory, int most) {
            int[] candidate = memory.ints(candidates);
            int firstCandidate = memory.offset(candidates);
            long[] key = memory.longs(keys);
            int kept = 0;
            for (int box = 0; box < count; box++) {
                float score = memory.floats(candidateScores)[memory.offset(candidateScores) + box];
                if (score >= settings.scoreThreshold()) {
                    candidate[firstCandidate + kept] = box;
                    key[memory.offset(keys) + kept] = TopK.key(score);
                    kept++;
                }
            }
            int[] rank = memory.ints(order);
            int firstRank = memory.offset(order);
            TopK.select(key, memory.offset(keys), kept, rank, firstRank, kept);
            byte[] dropped = memory.bytes(isDropped);
            int firstDropped = memory.offset(isDropped);
            Arrays.fill(dropped, firstDropped, firstDropped + kept, (byte) 0);
            int picked = 0;
            for (int i = 0; i < kept && picked < Math.min(most, picks.elementCount()); i++) {
                if (dropped[firstDropped + i] == 0) {
                    int box = candidate[firstCandidate + rank[firstRank + i]];
                    memory.ints(picks)[memory.offset(picks) + picked] = box;
                    picked++;
                    for (int k = i + 1; k < kept; k++) {
                        if (dropped[firstDropped + k] == 0 && overlap(memory, box,
                                candidate[firstCandidate + rank[firstRank + k]]) > settings.overlapThreshold()) {
                            dropped[firstDropped + k] = 1;
                        }
                    }
                }
            }
            return picked;
        }

        private float overlap(Memory memory, int box0, int box1) {
            float[] c = memory.floats(corners);
            int a = memory.offset(corners) + box0 * CORNERS;
            int b = memory.offset(corners) + box1 * CORNERS;
            float area0 = (c[a + 2] - c[a]) * (c[a + 3] - c[a + 1]);
            float area1 = (c[b + 2] - c[b]) * (c[b + 3] - c[b + 1]);
            if (area0 <= 0 || area1 <= 0) {
                return 0;
            }
            float height = Math.max(Math.min(c[a + 2], c[b + 2]) - Math.max(c[a], c[b]), 0);
            float width = Math.max(Math.min(c[a + 3], c[b + 3]) - Math.max(c[a + 1], c[b + 1]), 0);
            float shared = height * width;
            return shared / (area0 + area1 - shared);
        }
    }
}
