package dev.whittle.engine.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Decides which tensors lie in each other's memory: an output over an input that nothing reads afterwards, a view where
/// the elements are that it shows, the parts of a concatenation inside of the whole. What kernels bear they say while they
/// are prepared ([Offer]); whether lifetimes allow it is decided here, operator by operator in the order in which they run.
///
/// Tensors that share memory are one block, and one of them takes all of it. A block is overwritten only by the operator
/// that is the last to read any of its tensors, so that views of a tensor, its parts and the whole may all be read for as
/// long as they live.
final class SharedMemory {
    private final BitSet callersOutputs;
    private final Map<Integer, Node> nodes = new LinkedHashMap<>();

    /// What one operator bears for one of its inputs and output 0.
    ///
    /// @param operator the index of the operator
    /// @param number which of the inputs
    /// @param offset where the input's elements are in the output, as they are, counted in array elements;
    ///        [#OVERWRITTEN] where the output may be written over the input
    record Offer(int operator, int number, int input, int output, int offset) {
        static final int OVERWRITTEN = -1;

        boolean isOverwritten() {
            return offset == OVERWRITTEN;
        }
    }

    /// A tensor that lies within the area of another.
    ///
    /// @param host the slot of the other
    /// @param offset where it begins there, in array elements
    record Guest(int slot, int host, int offset) {
    }

    /// A tensor, and the block that it takes all of while it has no host.
    private static final class Node {
        private final Area area;
        private @Nullable Node host;
        /// Where it begins in its host.
        private int offset;
        private int firstOperator;
        private int lastOperator;
        private boolean holdsCallersInput;

        Node(Area area, boolean isCallersInput) {
            this.area = area;
            this.firstOperator = area.firstOperator();
            this.lastOperator = area.lastOperator();
            this.holdsCallersInput = isCallersInput;
        }

        /// The tensor that takes all of the block; this one then lies in it directly.
        Node block() {
            Node top = this;
            int start = 0;
            while (top.host != null) {
                start += top.offset;
                top = top.host;
            }
            Node next = this;
            while (next.host != null && next.host != top) {
                Node present = next;
                int own = next.offset;
                next = next.host;
                present.host = top;
                present.offset = start;
                start -= own;
            }
            return top;
        }

        void moveInto(Node other, int start) {
            host = other;
            offset = start;
            other.firstOperator = Math.min(other.firstOperator, firstOperator);
            other.lastOperator = Math.max(other.lastOperator, lastOperator);
            other.holdsCallersInput |= holdsCallersInput;
        }
    }

    /// @param areas of tensors that may share their memory: each written by one operator at most, none a variable
    /// @param callersInputs slots that callers write to at any time
    /// @param callersOutputs slots that callers read after the run
    SharedMemory(List<Area> areas, BitSet callersInputs, BitSet callersOutputs) {
        this.callersOutputs = callersOutputs;
        for (Area area : areas) {
            nodes.put(area.slot(), new Node(area, callersInputs.get(area.slot())));
        }
    }

    /// Takes up what one operator offers, as far as lifetimes allow.
    ///
    /// @param inputs the tensors that the operator reads, one for each of its inputs
    void take(List<Offer> offers, List<Integer> inputs) {
        for (Offer offer : offers) {
            Node input = nodes.get(offer.input());
            Node output = nodes.get(offer.output());
            if (input == null || output == null || input.area.storage() != output.area.storage()
                    || input.area.elementCount() == 0) {
                continue;
            }
            Node block = input.block();
            if (output.host != null || block == output) {
                continue;
            }
            boolean isSameSize = input.area.elementCount() == output.area.elementCount();
            // Then the input is all there is of its block, and what shares it is not read afterwards.
            boolean isGone = block.area.elementCount() == input.area.elementCount()
                    && block.lastOperator <= offer.operator();
            if (offer.isOverwritten()) {
                if (isSameSize && isGone && areAllOverwritten(block, offers, inputs)) {
                    output.moveInto(block, 0);
                }
            } else if (isSameSize) {
                // A caller may set the next input before it reads an output.
                if (!callersOutputs.get(offer.output()) || !block.holdsCallersInput) {
                    output.moveInto(block, input == block ? 0 : input.offset);
                }
            } else if (isGone) {
                block.moveInto(output, offer.offset());
            }
        }
    }

    /// True when an operator has said of every input in a block that it may be overwritten.
    private boolean areAllOverwritten(Node block, List<Offer> offers, List<Integer> inputs) {
        BitSet overwritten = new BitSet();
        for (Offer offer : offers) {
            if (offer.isOverwritten()) {
                overwritten.set(offer.number());
            }
        }
        for (int i = 0; i < inputs.size(); i++) {
            Node input = nodes.get(inputs.get(i));
            if (input != null && input.block() == block && !overwritten.get(i)) {
                return false;
            }
        }
        return true;
    }

    /// One area for each block.
    List<Area> areas() {
        List<Area> areas = new ArrayList<>();
        for (Node node : nodes.values()) {
            if (node.host == null) {
                areas.add(new Area(node.area.slot(), node.area.storage(), node.area.elementCount(),
                        node.firstOperator, node.lastOperator));
            }
        }
        return areas;
    }

    /// The tensors that lie in areas of others.
    List<Guest> guests() {
        List<Guest> guests = new ArrayList<>();
        for (Node node : nodes.values()) {
            Node block = node.block();
            if (block != node) {
                guests.add(new Guest(node.area.slot(), block.area.slot(), node.offset));
            }
        }
        return guests;
    }
}
