package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.Shape;
import java.util.List;
import java.util.Set;

/// SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of pixels of `[batch, height, width, channel]` to channels, and back. The
/// pixel `(blockY, blockX)` of a block has the channels from `(blockY · blockSize + blockX) · channels` on.
final class SpaceDepth implements OperatorKernel {

    /// Where the elements go.
    enum Kind {
        SPACE_TO_DEPTH, DEPTH_TO_SPACE
    }

    private final Kind kind;

    SpaceDepth(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Set<ElementType> types() {
        return Movement.types();
    }

    private int block(Preparation p) {
        int block = switch (kind) {
            case SPACE_TO_DEPTH -> ((Options.SpaceToDepth) p.options()).blockSize();
            case DEPTH_TO_SPACE -> ((Options.DepthToSpace) p.options()).blockSize();
        };
        if (block < 1) {
            throw p.malformed("block size is " + block + ", must be 1 or more");
        }
        return block;
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 1, 1);
        TensorChecks.rank(p, "input", p.inputTensor(0), 4);
        int block = block(p);
        Shape input = p.inputTensor(0).shape();
        int height = input.dimension(1);
        int width = input.dimension(2);
        int channels = input.dimension(3);
        long area = (long) block * block;
        boolean isPossible = switch (kind) {
            case SPACE_TO_DEPTH -> height % block == 0 && width % block == 0
                    && area <= Integer.MAX_VALUE && channels * area <= Integer.MAX_VALUE;
            case DEPTH_TO_SPACE -> channels % area == 0 && (long) height * block <= Integer.MAX_VALUE
                    && (long) width * block <= Integer.MAX_VALUE;
        };
        if (!isPossible) {
            throw p.malformed("input has shape " + input + ", cannot be rearranged in blocks of " + block);
        }
        return List.of(switch (kind) {
            case SPACE_TO_DEPTH -> Shape.of(input.dimension(0), height / block, width / block,
                    (int) (channels * area));
            case DEPTH_TO_SPACE -> Shape.of(input.dimension(0), height * block, width * block,
                    (int) (channels / area));
        });
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), p.inputTensor(0).type());
        Slot input = p.input(0);
        Slot output = p.output(0);
        int block = block(p);
        boolean isToDepth = kind == Kind.SPACE_TO_DEPTH;
        Shape deep = isToDepth ? output.shape() : input.shape();
        Shape wide = isToDepth ? input.shape() : output.shape();
        int channels = wide.dimension(3);
        int row = wide.dimension(2) * channels;
        // As batch, row and column of blocks, row and column within a block, channel.
        int[] sizes = {deep.dimension(0), deep.dimension(1), deep.dimension(2), block, block, channels};
        int[] wideSteps = {wide.dimension(1) * row, block * row, block * channels, row, channels, 1};
        int pixel = deep.dimension(3);
        int[] deepSteps = {deep.dimension(1) * deep.dimension(2) * pixel, deep.dimension(2) * pixel, pixel,
            block * channels, channels, 1};
        return isToDepth
                ? Movement.strided(input, 0, wideSteps, output, 0, deepSteps, sizes)
                : Movement.strided(input, 0, deepSteps, output, 0, wideSteps, sizes);
    }
}
