package dev.whittle.trainer.compression;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Makes the smallest weights of a kernel zero, alone or in groups. Of equal ones those that come first in the kernel go
/// first, so that the outcome is one.
final class Magnitudes {
    private Magnitudes() {}

    static void prune(Kernel kernel, SparsityPattern pattern, double sparsity) {
        switch (pattern) {
            case SparsityPattern.Unstructured _ -> {
                // Blocks of one.
                pruneBlocks(kernel, 1, 1, sparsity);
            }
            case SparsityPattern.NOfM(int zeros, int group) -> pruneGroups(kernel, zeros, group);
            case SparsityPattern.Block(int outChannels, int inChannels) ->
                    pruneBlocks(kernel, outChannels, inChannels, sparsity);
        }
    }

    private static void pruneGroups(Kernel kernel, int zeros, int group) {
        List<Block> members = new ArrayList<>();
        for (int first = 0; first < kernel.depth(); first += kernel.run()) {
            for (int row = first; row + group <= first + kernel.run(); row += group) {
                for (int channel = 0; channel < kernel.outChannels(); channel++) {
                    members.clear();
                    for (int i = row; i < row + group; i++) {
                        members.add(Block.of(kernel, i, channel, 1, 1));
                    }
                    clear(kernel, members, zeros);
                }
            }
        }
    }

    /// @param mean of the magnitudes
    private record Block(int row, int channel, int rows, int channels, double mean) {
        static Block of(Kernel kernel, int row, int channel, int rows, int channels) {
            double sum = 0;
            for (int r = row; r < row + rows; r++) {
                for (int c = channel; c < channel + channels; c++) {
                    sum += Math.abs(kernel.values()[kernel.at(r, c)]);
                }
            }
            return new Block(row, channel, rows, channels, sum / (rows * channels));
        }
    }

    private static void pruneBlocks(Kernel kernel, int outChannels, int inChannels, double sparsity) {
        List<Block> blocks = new ArrayList<>();
        for (int first = 0; first < kernel.depth(); first += kernel.run()) {
            int end = first + kernel.run();
            for (int row = first; row < end; row += inChannels) {
                for (int channel = 0; channel < kernel.outChannels(); channel += outChannels) {
                    blocks.add(Block.of(kernel, row, channel, Math.min(inChannels, end - row),
                            Math.min(outChannels, kernel.outChannels() - channel)));
                }
            }
        }
        clear(kernel, blocks, (int) Math.round(sparsity * blocks.size()));
    }

    /// The sort is stable.
    private static void clear(Kernel kernel, List<Block> blocks, int count) {
        blocks.sort(Comparator.comparingDouble(Block::mean));
        for (Block block : blocks.subList(0, count)) {
            for (int r = block.row; r < block.row + block.rows; r++) {
                for (int c = block.channel; c < block.channel + block.channels; c++) {
                    kernel.values()[kernel.at(r, c)] = 0;
                }
            }
        }
    }
}
