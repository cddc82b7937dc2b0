package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: the pixels of `[batch, height, width, channel]` that stand at the same place
/// of a block become an image of their own, and back; also for `[batch, height, channel]`. Input 1 is the size of a block,
/// input 2 the rows `[before, after]` of padding (with real 0, see [Pad]) or of cropping. Image
/// `(blockY · blockWidth + blockX) · batches + batch` holds the pixels at `(blockY, blockX)` (LiteRT
/// `reference_ops::SpaceToBatchND`, `BatchToSpaceND`).
final class SpaceBatch implements OperatorKernel {

    /// Where the elements go.
    enum Kind {
        SPACE_TO_BATCH, BATCH_TO_SPACE
    }

    private final Kind kind;

    SpaceBatch(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 3, 3);
        Shape input = p.inputTensor(0).shape();
        int spatial = input.rank() - 2;
        if (spatial != 1 && spatial != 2) {
            throw p.unsupported("input has shape " + input + ", supported are 3 and 4 dimensions");
        }
        TensorChecks.sameShape(p, "block shape", p.inputTensor(1), Shape.of(spatial));
        TensorChecks.sameShape(p, "input 2", p.inputTensor(2), Shape.of(spatial, 2));
        int[] blocks = p.intValues(1);
        int[] edges = p.intValues(2);
        int[] sizes = input.toArray();
        for (int k = 0; k < spatial; k++) {
            int block = blocks[k];
            long around = (long) edges[2 * k] + edges[2 * k + 1];
            if (block < 1 || edges[2 * k] < 0 || edges[2 * k + 1] < 0) {
                throw p.malformed("block is " + block + " and edges are " + edges[2 * k] + " and " + edges[2 * k + 1]
                        + " along axis " + (k + 1) + ", must be 1 or more and 0 or more");
            }
            // The axis of the space, padding or what will be cropped included.
            long whole = kind == Kind.SPACE_TO_BATCH ? sizes[k + 1] + around : (long) sizes[k + 1] * block;
            long batches = kind == Kind.SPACE_TO_BATCH ? (long) sizes[0] * block : sizes[0] / block;
            if (whole > Integer.MAX_VALUE || batches > Integer.MAX_VALUE) {
                throw p.unsupported("has " + batches + " images with " + whole + " elements along axis " + (k + 1)
                        + ", supported are 2^31-1");
            }
            if (kind == Kind.SPACE_TO_BATCH ? whole % block != 0 : sizes[0] % block != 0) {
                throw p.malformed("has " + sizes[0] + " images with " + whole + " elements along axis " + (k + 1)
                        + ", must be a multiple of the block, " + block);
            }
            long size = kind == Kind.SPACE_TO_BATCH ? whole / block : whole - around;
            if (size < 0) {
                throw p.malformed("crops " + around + " of " + whole + " elements along axis " + (k + 1));
            }
            sizes[k + 1] = (int) size;
            sizes[0] = (int) batches;
        }
        return List.of(Shape.of(sizes));
    }

    @Override
    public Kernel prepare(Preparation p) {
        Slot input = p.input(0);
        TensorChecks.sameType(p, "output", p.outputTensor(0), input.type());
        Slot output = p.output(0);
        boolean isToBatch = kind == Kind.SPACE_TO_BATCH;
        Slot spaceSlot = isToBatch ? input : output;
        Slot batchSlot = isToBatch ? output : input;
        Shape space = spaceSlot.shape();
        Shape batch = batchSlot.shape();
        boolean hasWidth = space.rank() == 4;
        int[] blocks = p.intValues(1);
        int[] edges = p.intValues(2);
        Blocks map = new Blocks(space.dimension(0), space.dimension(1), hasWidth ? space.dimension(2) : 1,
                batch.dimension(0), batch.dimension(1), hasWidth ? batch.dimension(2) : 1,
                space.dimension(space.rank() - 1) * StorageType.width(input.type()), blocks[0],
                hasWidth ? blocks[1] : 1, edges[0], hasWidth ? edges[2] : 0);
        if (output.elementCount() == 0) {
            return Movement.sequence(List.of());
        }
        Kernel move = memory -> map.move(memory.array(spaceSlot), memory.offset(spaceSlot), memory.array(batchSlot),
                memory.offset(batchSlot), isToBatch);
        boolean isPadded = isToBatch && input.elementCount() < output.elementCount();
        return isPadded ? Movement.sequence(List.of(Movement.fill(Pad.realZero(p, output), output), move)) : move;
    }

    /// Both sides of the map, and the edges at the top and left of the space.
    ///
    /// @param depth array elements of one pixel
    private record Blocks(int spaceBatches, int spaceHeight, int spaceWidth, int batches, int height, int width,
            int depth, int blockHeight, int blockWidth, int top, int left) {

        void move(Object space, int spaceOffset, Object batch, int batchOffset, boolean isToBatch) {
            for (int image = 0; image < batches; image++) {
                int place = image / spaceBatches;
                int blockY = place / blockWidth;
                int blockX = place % blockWidth;
                for (int y = 0; y < height; y++) {
                    int spaceY = y * blockHeight + blockY - top;
                    if (spaceY < 0 || spaceY >= spaceHeight) {
                        continue;
                    }
                    int spaceRow = spaceOffset
                            + (image % spaceBatches * spaceHeight + spaceY) * spaceWidth * depth;
                    int batchRow = batchOffset + (image * height + y) * width * depth;
                    for (int x = 0; x < width; x++) {
                        int spaceX = x * blockWidth + blockX - left;
                        if (spaceX < 0 || spaceX >= spaceWidth) {
                            continue;
                        }
                        int at = spaceRow + spaceX * depth;
                        int other = batchRow + x * depth;
                        if (isToBatch) {
                            Movement.run(space, at, 1, batch, other, 1, depth);
                        } else {
                            Movement.run(batch, other, 1, space, at, 1, depth);
                        }
                    }
                }
            }
        }
    }
}
