package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// NON_MAX_SUPPRESSION_V4 and _V5: boxes `[count, 4]` (two corners, y before x) picked by score, best first, a box being
/// dropped whose overlap with a picked one (intersection over union) reaches the threshold. V5 has a sigma and lowers
/// the score of a box by `exp(−overlap² / (2 · sigma))` for each picked one (soft suppression; Bodla et al. 2017).
/// Inputs: boxes, scores, how many at most, overlap threshold, score threshold, sigma; outputs: indices, scores (V5),
/// how many. Source: LiteRT `non_max_suppression.cc`, `reference/non_max_suppression.h`.
///
/// Where the greatest number is a constant the outputs have that length, zeros at the end; where it is computed they are
/// as long as there are picks. Of equal scores the one that the
/// reference's binary heap gives out first comes first.
final class NonMaxSuppression implements OperatorKernel {
    private static final int CORNERS = 4;
    private static final int MOST = 2;
    private static final int OVERLAP = 3;
    private static final int SCORE = 4;
    private static final int SIGMA = 5;

    private final boolean isSoft;

    NonMaxSuppression(OperatorCode code) {
        this.isSoft = code == OperatorCode.NON_MAX_SUPPRESSION_V5;
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        int inputs = isSoft ? 6 : 5;
        TensorChecks.counts(p, inputs, inputs, isSoft ? 3 : 2);
        Tensor boxes = p.inputTensor(0);
        TensorChecks.rank(p, "boxes", boxes, 2);
        if (boxes.shape().dimension(1) != CORNERS) {
            throw p.malformed("boxes have shape " + boxes.shape() + ", must have 4 columns");
        }
        int count = boxes.shape().dimension(0);
        if (!p.inputTensor(1).shape().equals(Shape.of(count))) {
            throw p.malformed("scores have shape " + p.inputTensor(1).shape() + ", must be [" + count + "]");
        }
        TensorChecks.sameType(p, "boxes", boxes, ElementType.FLOAT32);
        TensorChecks.sameType(p, "scores", p.inputTensor(1), ElementType.FLOAT32);
        TensorChecks.sameType(p, "greatest number", p.inputTensor(MOST), ElementType.INT32);
        for (int i = MOST; i < inputs; i++) {
            TensorChecks.rank(p, "input " + i, p.inputTensor(i), 0);
            if (i > MOST) {
                TensorChecks.sameType(p, "input " + i, p.inputTensor(i), ElementType.FLOAT32);
            }
        }
        int most = p.intValues(MOST)[0];
        if (most < 0) {
            throw p.malformed("greatest number is " + most + ", must be 0 or more");
        }
        // A box is compared with each picked one, once.
        p.requireWork((long) Math.min(most, count) * count * CORNERS);
        Shape picked = Shape.of(p.inputTensor(MOST).isConstant() ? most : -1);
        return isSoft ? List.of(picked, picked, Shape.of()) : List.of(picked, Shape.of());
    }

    @Override
    public Kernel prepare(Preparation p) {
        int last = isSoft ? 2 : 1;
        TensorChecks.sameType(p, "output 0", p.outputTensor(0), ElementType.INT32);
        TensorChecks.sameType(p, "output " + last, p.outputTensor(last), ElementType.INT32);
        if (isSoft) {
            TensorChecks.sameType(p, "output 1", p.outputTensor(1), ElementType.FLOAT32);
        }
        int count = p.inputTensor(0).shape().dimension(0);
        int room = Math.min(p.intValues(MOST)[0], count);
        Slot picks = p.scratch(ElementType.INT32, room);
        Slot scores = p.scratch(ElementType.FLOAT32, room);
        List<Slot> slots = new ArrayList<>(List.of(p.scratch(ElementType.INT32, count),
                p.scratch(ElementType.FLOAT32, count), p.scratch(ElementType.INT32, count), picks, scores, p.input(0),
                p.input(1), p.input(OVERLAP), p.input(SCORE)));
        if (isSoft) {
            slots.add(p.input(SIGMA));
        }
        Picking picking = Picking.of(slots, p.where());
        Slot indices = p.output(0);
        Slot pickedScores = isSoft ? p.output(1) : null;
        Slot number = p.output(last);
        return memory -> {
            int picked = picking.pick(memory);
            give(memory, picks, picked, indices);
            if (pickedScores != null) {
                give(memory, scores, picked, pickedScores);
            }
            memory.ints(number)[memory.offset(number)] = picked;
        };
    }

    /// Copies what was picked to an output, zeros after it.
    private static void give(Memory memory, Slot from, int picked, Slot output) {
        Slot to = output.shape().isKnown() ? output : memory.shaped(output, Shape.of(picked));
        System.arraycopy(memory.array(from), memory.offset(from), memory.array(to), memory.offset(to), picked);
        int end = memory.offset(to) + to.elementCount();
        if (to.type() == ElementType.INT32) {
            Arrays.fill(memory.ints(to), memory.offset(to) + picked, end, 0);
        } else {
            Arrays.fill(memory.floats(to), memory.offset(to) + picked, end, 0);
        }
    }

    /// The picking itself.
    ///
    /// @param heap boxes that wait, the root the one of the highest score
    /// @param current score of each box, lowered as boxes are picked
    /// @param seen of each box, how many picked ones it was compared with
    /// @param sigma absent for hard suppression
    private record Picking(Slot heap, Slot current, Slot seen, Slot indices, Slot pickedScores, Slot boxes,
            Slot scores, Slot overlap, Slot least, @Nullable Slot sigma, String where) {

        static Picking of(List<Slot> slots, String where) {
            return new Picking(slots.get(0), slots.get(1), slots.get(2), slots.get(3), slots.get(4), slots.get(5),
                    slots.get(6), slots.get(7), slots.get(8), slots.size() > 9 ? slots.get(9) : null, where);
        }

        /// @return how many were picked
        int pick(Memory memory) {
            float sigmaValue = sigma == null ? 0 : value(memory, sigma);
            if (sigmaValue < 0) {
                throw new MalformedModelException(where + "sigma is " + sigmaValue + ", must be 0 or more");
            }
            float decay = sigmaValue > 0 ? -0.5f / sigmaValue : 0;
            float overlapLimit = value(memory, overlap);
            float leastScore = value(memory, least);
            float[] score = memory.floats(current);
            int firstScore = memory.offset(current);
            int[] compared = memory.ints(seen);
            int firstCompared = memory.offset(seen);
            int[] picks = memory.ints(indices);
            int firstPick = memory.offset(indices);
            int waiting = fill(memory, leastScore);
            int most = Math.min(waiting, indices.elementCount());
            int picked = 0;
            while (picked < most && waiting > 0) {
                int box = pop(memory, waiting);
                waiting--;
                float original = score[firstScore + box];
                float lowered = original;
                boolean isDropped = false;
                for (int i = picked - 1; i >= compared[firstCompared + box] && !isDropped
                        && lowered > leastScore; i--) {
                    float shared = overlap(memory, box, picks[firstPick + i]);
                    isDropped = shared >= overlapLimit;
                    if (!isDropped && sigmaValue > 0) {
                        lowered *= (float) StrictMath.exp(decay * shared * shared);
                    }
                }
                score[firstScore + box] = lowered;
                compared[firstCompared + box] = picked;
                if (!isDropped) {
                    if (lowered == original) {
                        picks[firstPick + picked] = box;
                        memory.floats(pickedScores)[memory.offset(pickedScores) + picked] = lowered;
                        picked++;
                    }
                    // A picked box comes back too, meets itself and is dropped; one without area is picked again.
                    if (lowered > leastScore) {
                        push(memory, waiting, 0, box);
                        waiting++;
                    }
                }
            }
            return picked;
        }

        private static float value(Memory memory, Slot scalar) {
            return memory.floats(scalar)[memory.offset(scalar)];
        }

        private int fill(Memory memory, float leastScore) {
            int waiting = 0;
            for (int box = 0; box < scores.elementCount(); box++) {
                float score = memory.floats(scores)[memory.offset(scores) + box];
                memory.floats(current)[memory.offset(current) + box] = score;
                memory.ints(seen)[memory.offset(seen) + box] = 0;
                if (score > leastScore) {
                    push(memory, waiting, 0, box);
                    waiting++;
                }
            }
            return waiting;
        }

        /// Moves a box up from a free place of the heap to where its parent is not lower.
        private void push(Memory memory, int free, int top, int box) {
            int[] entries = memory.ints(heap);
            int first = memory.offset(heap);
            float[] score = memory.floats(current);
            int firstScore = memory.offset(current);
            int place = free;
            while (place > top) {
                int parent = (place - 1) / 2;
                if (!(score[firstScore + entries[first + parent]] < score[firstScore + box])) {
                    break;
                }
                entries[first + place] = entries[first + parent];
                place = parent;
            }
            entries[first + place] = box;
        }

        /// Takes the root: the free place goes down to a leaf along the higher children, and the last entry comes up
        /// from there.
        private int pop(Memory memory, int waiting) {
            int[] entries = memory.ints(heap);
            int first = memory.offset(heap);
            float[] score = memory.floats(current);
            int firstScore = memory.offset(current);
            int root = entries[first];
            int size = waiting - 1;
            int place = 0;
            while (2 * place + 1 < size) {
                int child = 2 * place + 2;
                if (child == size || score[firstScore + entries[first + child]] < score[firstScore
                        + entries[first + child - 1]]) {
                    child--;
                }
                entries[first + place] = entries[first + child];
                place = child;
            }
            if (size > 0) {
                push(memory, place, 0, entries[first + size]);
            }
            return root;
        }

        /// Intersection over union of two boxes; 0 where one has no area.
        private float overlap(Memory memory, int box0, int box1) {
            float[] corners = memory.floats(boxes);
            int a = memory.offset(boxes) + box0 * CORNERS;
            int b = memory.offset(boxes) + box1 * CORNERS;
            float top0 = Math.min(corners[a], corners[a + 2]);
            float bottom0 = Math.max(corners[a], corners[a + 2]);
            float left0 = Math.min(corners[a + 1], corners[a + 3]);
            float right0 = Math.max(corners[a + 1], corners[a + 3]);
            float top1 = Math.min(corners[b], corners[b + 2]);
            float bottom1 = Math.max(corners[b], corners[b + 2]);
            float left1 = Math.min(corners[b + 1], corners[b + 3]);
            float right1 = Math.max(corners[b + 1], corners[b + 3]);
            float area0 = (bottom0 - top0) * (right0 - left0);
            float area1 = (bottom1 - top1) * (right1 - left1);
            if (area0 <= 0 || area1 <= 0) {
                return 0;
            }
            float height = Math.max(Math.min(bottom0, bottom1) - Math.max(top0, top1), 0);
            float width = Math.max(Math.min(right0, right1) - Math.max(left0, left1), 0);
            float shared = height * width;
            float union = area0 + area1 - shared;
            return union == 0 ? 0 : shared / union;
        }
    }
}
