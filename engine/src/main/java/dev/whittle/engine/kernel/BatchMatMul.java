package dev.whittle.engine.kernel;

import dev.whittle.engine.model.Activation;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Shape;
import dev.whittle.engine.model.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// BATCH_MATMUL: `output[…, i, j] = Σ_r left[…, i, r] · right[…, r, j]`, a matrix product for each index of the leading
/// dimensions, which are broadcast against each other; with `adjX` the last two dimensions of the left side are swapped
/// first, with `adjY` those of the right side.
///
/// FLOAT32; INT8 to INT8, rounded as [Requantizer.Mode#FIXED_POINT]; INT8 to INT32, the products of the raw codes; INT16
/// with INT16 or INT8 on the right, 64-bit sums rounded as WIDE; and FLOAT32 with INT8 on the right (hybrid): each row of
/// the left side is quantized by itself, asymmetric by option, and the right side has one scale or one for each column.
/// Source: LiteRT `kernels/batch_matmul.cc`, `reference/batch_matmul.h`.
///
/// The right side is packed while the kernel runs, since it is an activation more often than not; a constant matrix of
/// real numbers is packed beforehand. Products of two codes
/// of 16 bits are not exact as floats and go through plain loops.
final class BatchMatMul implements OperatorKernel {
    /// Products of codes less their zero points, 255 · 255 at most, are exact as floats for so many steps.
    private static final int EXACT_STEPS = 256;

    private static Options.BatchMatMul options(Preparation p) {
        return (Options.BatchMatMul) p.options();
    }

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32, ElementType.INT8, ElementType.INT16);
    }

    @Override
    public Set<ElementType> weightTypes() {
        return Set.of(ElementType.INT8);
    }

    /// The matrices of both sides: how many, where, and how their elements lie.
    ///
    /// @param sizes of the leading dimensions of the output
    /// @param leftSteps elements of the left side between indices of each leading dimension, 0 where broadcast
    /// @param rightSteps the same of the right side
    private record Products(int[] sizes, int[] leftSteps, int[] rightSteps, int rows, int depth, int columns,
            boolean isLeftSwapped, boolean isRightSwapped) {

        static Products of(Preparation p) {
            TensorChecks.counts(p, 2, 2);
            Shape left = p.inputTensor(0).shape();
            Shape right = p.inputTensor(1).shape();
            if (left.rank() < 2 || right.rank() < 2) {
                throw p.malformed("inputs have shapes " + left + " and " + right + ", must have at least 2 dimensions");
            }
            boolean isLeftSwapped = options(p).adjX();
            boolean isRightSwapped = options(p).adjY();
            int rows = left.dimension(left.rank() - (isLeftSwapped ? 1 : 2));
            int depth = left.dimension(left.rank() - (isLeftSwapped ? 2 : 1));
            int columns = right.dimension(right.rank() - (isRightSwapped ? 2 : 1));
            int rightDepth = right.dimension(right.rank() - (isRightSwapped ? 1 : 2));
            if (depth != rightDepth) {
                throw p.malformed("inputs have shapes " + left + " and " + right + ", which meet in " + depth + " and "
                        + rightDepth + " elements, must be equal");
            }
            int leading = Math.max(left.rank(), right.rank()) - 2;
            int[] sizes = new int[leading];
            for (int axis = 0; axis < leading; axis++) {
                int a = leading(left, leading, axis);
                int b = leading(right, leading, axis);
                if (a != b && a != 1 && b != 1) {
                    throw p.malformed("inputs have shapes " + left + " and " + right
                            + ", whose leading dimensions must be equal or 1");
                }
                sizes[axis] = a == 1 ? b : a;
            }
            return new Products(sizes, steps(left, leading), steps(right, leading), rows, depth, columns, isLeftSwapped,
                    isRightSwapped);
        }

        private static int leading(Shape shape, int leading, int axis) {
            int own = axis - (leading + 2 - shape.rank());
            return own < 0 ? 1 : shape.dimension(own);
        }

        private static int[] steps(Shape shape, int leading) {
            int[] steps = new int[leading];
            int step = shape.dimension(shape.rank() - 1) * shape.dimension(shape.rank() - 2);
            for (int axis = leading - 1; axis >= 0; axis--) {
                int size = leading(shape, leading, axis);
                steps[axis] = size == 1 ? 0 : step;
                step *= size;
            }
            return steps;
        }

        Shape outputShape() {
            int[] dimensions = Arrays.copyOf(sizes, sizes.length + 2);
            dimensions[sizes.length] = rows;
            dimensions[sizes.length + 1] = columns;
            return Shape.of(dimensions);
        }

        /// True where all products share their right matrix.
        boolean hasOneRight() {
            return Arrays.stream(rightSteps).allMatch(step -> step == 0);
        }

        /// Where the left matrix of a product starts.
        int left(int product) {
            return start(product, leftSteps);
        }

        /// Where the right matrix of a product starts.
        int right(int product) {
            return start(product, rightSteps);
        }

        private int start(int product, int[] steps) {
            int rest = product;
            int start = 0;
            for (int axis = sizes.length - 1; axis >= 0; axis--) {
                start += rest % sizes[axis] * steps[axis];
                rest /= sizes[axis];
            }
            return start;
        }

        int leftRowStride() {
            return isLeftSwapped ? 1 : depth;
        }

        int leftDepthStride() {
            return isLeftSwapped ? rows : 1;
        }

        int rightDepthStride() {
            return isRightSwapped ? 1 : columns;
        }

        int rightColumnStride() {
            return isRightSwapped ? depth : 1;
        }
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        return List.of(Products.of(p).outputShape());
    }

    @Override
    public Kernel prepare(Preparation p) {
        Products products = Products.of(p);
        ElementType left = p.inputTensor(0).type();
        ElementType right = p.inputTensor(1).type();
        ElementType output = p.outputTensor(0).type();
        int elements = p.outputTensor(0).shape().elementCount();
        TensorChecks.requireWork(p, elements, products.depth);
        // Without elements there may be any number of products.
        int count = elements == 0 ? 0 : elements / (products.rows * products.columns);
        if (left == ElementType.FLOAT32 && output == ElementType.FLOAT32) {
            if (right == ElementType.FLOAT32) {
                return reals(p, products, count);
            }
            if (right == ElementType.INT8) {
                return hybrid(p, products, count);
            }
        }
        boolean isWide = left == ElementType.INT16 && (right == ElementType.INT16 || right == ElementType.INT8);
        if (isWide && output == ElementType.INT16) {
            return codeLoops(p, products, count, Requantizer.Mode.WIDE);
        }
        if (left == ElementType.INT8 && right == ElementType.INT8) {
            if (output == ElementType.INT8) {
                return p.tier() == KernelTier.REFERENCE
                        ? codeLoops(p, products, count, Requantizer.Mode.FIXED_POINT)
                        : codes(p, products, count);
            }
            if (output == ElementType.INT32) {
                return rawCodes(p, products, count);
            }
        }
        throw p.unsupported("types are " + left + " and " + right + " inputs and " + output
                + " output, supported are FLOAT32, INT8 or INT16 throughout, FLOAT32 and INT8 to FLOAT32, INT8 and INT8"
                + " to INT32, and INT16 and INT8 to INT16");
    }

    private static Kernel reals(Preparation p, Products products, int count) {
        Gemm gemm = Gemm.of(p.tier());
        if (p.inputTensor(1).isConstant() && products.hasOneRight()) {
            return constantReals(p, products, count);
        }
        Slot left = p.input(0);
        Slot right = p.input(1);
        Slot output = p.output(0);
        Slot packed = p.scratch(ElementType.FLOAT32, packedLength(p, products));
        return memory -> {
            int packedStart = -1;
            for (int product = 0; product < count; product++) {
                int start = products.right(product);
                if (start != packedStart) {
                    gemm.pack(memory.floats(right), memory.offset(right) + start, products.rightDepthStride(),
                            products.rightColumnStride(), products.depth, products.columns, memory.floats(packed),
                            memory.offset(packed));
                    packedStart = start;
                }
                gemm.multiply(memory.floats(left), memory.offset(left) + products.left(product),
                        products.leftRowStride(), products.leftDepthStride(), memory.floats(packed),
                        memory.offset(packed), products.rows, products.depth, products.columns, null,
                        Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, false, memory.floats(output),
                        memory.offset(output) + product * products.rows * products.columns, products.columns);
            }
        };
    }

    /// One constant right matrix is packed once, here.
    private static Kernel constantReals(Preparation p, Products products, int count) {
        Gemm gemm = Gemm.of(p.tier());
        int length = packedLength(p, products);
        p.requireBytes(Float.BYTES * ((long) length + products.depth * products.columns));
        p.keepBytes((long) Float.BYTES * length);
        float[] packed = new float[length];
        gemm.pack(p.values(1).toFloats(), 0, products.rightDepthStride(), products.rightColumnStride(), products.depth,
                products.columns, packed, 0);
        Slot left = p.input(0);
        Slot output = p.output(0);
        return memory -> {
            for (int product = 0; product < count; product++) {
                gemm.multiply(memory.floats(left), memory.offset(left) + products.left(product),
                        products.leftRowStride(), products.leftDepthStride(), packed, 0, products.rows, products.depth,
                        products.columns, null, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, false,
                        memory.floats(output), memory.offset(output) + product * products.rows * products.columns,
                        products.columns);
            }
        };
    }

    /// Room for a packed right matrix, whatever the width of a panel.
    private static int packedLength(Preparation p, Products products) {
        int width = Gemm.of(p.tier()).panelColumns();
        return TensorChecks.scratchLength(p, Math.ceilDiv(products.columns, width), width, products.depth);
    }

    /// Products of codes as floats, the depth cut into segments that are exact.
    private record CodeProduct(Products products, Gemm gemm, Slot leftReals, Slot rightReals, Slot packed, Slot sums) {

        static CodeProduct of(Preparation p, Products products, Slot leftReals) {
            int segments = Math.ceilDiv(products.depth, EXACT_STEPS);
            return new CodeProduct(products, Gemm.of(p.tier()), leftReals,
                    p.scratch(ElementType.FLOAT32, TensorChecks.scratchLength(p, products.depth, products.columns)),
                    p.scratch(ElementType.FLOAT32, packedLength(p, products)), p.scratch(ElementType.FLOAT32,
                            TensorChecks.scratchLength(p, products.rows, products.columns, segments)));
        }

        /// Takes the right matrix that starts at `start`, codes less the zero point.
        void pack(Memory memory, Slot right, int start, int zeroPoint) {
            float[] reals = memory.floats(rightReals);
            widen(memory.bytes(right), memory.offset(right) + start, zeroPoint, products.depth * products.columns,
                    reals, memory.offset(rightReals));
            int to = memory.offset(packed);
            for (int first = 0; first < products.depth; first += EXACT_STEPS) {
                int steps = Math.min(EXACT_STEPS, products.depth - first);
                gemm.pack(reals, memory.offset(rightReals) + first * products.rightDepthStride(),
                        products.rightDepthStride(), products.rightColumnStride(), steps, products.columns,
                        memory.floats(packed), to);
                to += gemm.packedLength(steps, products.columns);
            }
        }

        /// Multiplies a left matrix at `start` of its slot with the packed one.
        void multiply(Memory memory, int start, int rowStride, int depthStride) {
            int from = memory.offset(packed);
            int to = memory.offset(sums);
            for (int first = 0; first < products.depth; first += EXACT_STEPS) {
                int steps = Math.min(EXACT_STEPS, products.depth - first);
                gemm.multiply(memory.floats(leftReals), memory.offset(leftReals) + start + first * depthStride,
                        rowStride, depthStride, memory.floats(packed), from, products.rows, steps, products.columns,
                        null, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, false, memory.floats(sums), to,
                        products.columns);
                from += gemm.packedLength(steps, products.columns);
                to += products.rows * products.columns;
            }
        }

        /// The sum of element `i` of the product.
        int sum(float[] sums, int sumsOffset, int i) {
            int sum = 0;
            int at = sumsOffset + i;
            for (int first = 0; first < products.depth; first += EXACT_STEPS) {
                sum += (int) sums[at];
                at += products.rows * products.columns;
            }
            return sum;
        }
    }

    private static void widen(byte[] codes, int from, int zeroPoint, int count, float[] to, int toOffset) {
        for (int i = 0; i < count; i++) {
            to[toOffset + i] = codes[from + i] - zeroPoint;
        }
    }

    private static Kernel codes(Preparation p, Products products, int count) {
        Requantizer requantizer = requantizer(p, Requantizer.Mode.FIXED_POINT);
        int leftZeroPoint = zeroPoint(p, 0);
        int rightZeroPoint = zeroPoint(p, 1);
        Slot output = p.output(0);
        CodeStorage storage = CodeStorage.of(output.type());
        return codeProducts(p, products, count, leftZeroPoint, rightZeroPoint,
                (memory, at, sum) -> storage.set(memory.array(output), memory.offset(output) + at,
                        requantizer.apply(sum, 0)));
    }

    private static Kernel rawCodes(Preparation p, Products products, int count) {
        Slot output = p.output(0);
        return codeProducts(p, products, count, 0, 0,
                (memory, at, sum) -> memory.ints(output)[memory.offset(output) + at] = sum);
    }

    /// What becomes of the sum of one output element.
    @FunctionalInterface
    private interface SumSink {
        void put(Memory memory, int element, int sum);
    }

    private static Kernel codeProducts(Preparation p, Products products, int count, int leftZeroPoint,
            int rightZeroPoint, SumSink sink) {
        Slot left = p.input(0);
        Slot right = p.input(1);
        int leftElements = TensorChecks.scratchLength(p, products.rows, products.depth);
        CodeProduct product = CodeProduct.of(p, products, p.scratch(ElementType.FLOAT32, leftElements));
        int elements = products.rows * products.columns;
        return memory -> {
            int packedStart = -1;
            for (int i = 0; i < count; i++) {
                int start = products.right(i);
                if (start != packedStart) {
                    product.pack(memory, right, start, rightZeroPoint);
                    packedStart = start;
                }
                widen(memory.bytes(left), memory.offset(left) + products.left(i), leftZeroPoint, leftElements,
                        memory.floats(product.leftReals), memory.offset(product.leftReals));
                product.multiply(memory, 0, products.leftRowStride(), products.leftDepthStride());
                float[] sums = memory.floats(product.sums);
                for (int element = 0; element < elements; element++) {
                    sink.put(memory, i * elements + element,
                            product.sum(sums, memory.offset(product.sums), element));
                }
            }
        };
    }

    private static Kernel hybrid(Preparation p, Products products, int count) {
        int rightDimension = p.inputTensor(1).shape().rank() - (products.isRightSwapped ? 2 : 1);
        QuantizationParameters parameters = TensorChecks.quantizedPerChannel(p, "right side", p.inputTensor(1),
                rightDimension, products.columns);
        float[] rightScale = new float[parameters.scale().size()];
        for (int channel = 0; channel < rightScale.length; channel++) {
            rightScale[channel] = parameters.scale(channel);
        }
        boolean isPerColumn = parameters.isPerChannel();
        Slot left = p.input(0);
        Slot right = p.input(1);
        Slot output = p.output(0);
        // Rows are quantized each by itself, so they have to lie as rows.
        Slot leftRows = products.isLeftSwapped ? p.scratch(ElementType.FLOAT32, left.elementCount()) : left;
        int leftElements = TensorChecks.scratchLength(p, products.rows, products.depth);
        int leftMatrices = leftElements == 0 ? 0 : left.elementCount() / leftElements;
        HybridInput input = HybridInput.of(p, leftRows, leftMatrices * products.rows,
                options(p).asymmetricQuantizeInputs());
        CodeProduct product = CodeProduct.of(p, products, input.codes());
        Slot columnSums = p.scratch(ElementType.INT32, products.columns);
        int columns = products.columns;
        return memory -> {
            for (int matrix = 0; products.isLeftSwapped && matrix < leftMatrices; matrix++) {
                swap(memory.floats(left), memory.offset(left) + matrix * leftElements, products,
                        memory.floats(leftRows), memory.offset(leftRows) + matrix * leftElements);
            }
            input.quantize(memory);
            int packedStart = -1;
            int to = memory.offset(output);
            for (int i = 0; i < count; i++) {
                int start = products.right(i);
                if (start != packedStart) {
                    product.pack(memory, right, start, 0);
                    addColumns(memory.floats(product.rightReals), memory.offset(product.rightReals), products,
                            memory.ints(columnSums), memory.offset(columnSums));
                    packedStart = start;
                }
                int leftStart = products.left(i);
                product.multiply(memory, leftStart, products.depth, 1);
                for (int row = 0; row < products.rows; row++) {
                    int quantized = products.depth == 0 ? 0 : leftStart / products.depth + row;
                    float scale = products.depth == 0 ? 0 : input.scale(memory, quantized);
                    int zeroPoint = products.depth == 0 ? 0 : input.zeroPoint(memory, quantized);
                    for (int column = 0; column < columns; column++) {
                        int sum = product.sum(memory.floats(product.sums), memory.offset(product.sums),
                                row * columns + column)
                                - zeroPoint * memory.ints(columnSums)[memory.offset(columnSums) + column];
                        memory.floats(output)[to++] = sum * (scale * rightScale[isPerColumn ? column : 0]);
                    }
                }
            }
        };
    }

    /// `[depth][row]` to `[row][depth]`.
    private static void swap(float[] from, int fromOffset, Products products, float[] to, int toOffset) {
        for (int row = 0; row < products.rows; row++) {
            Movement.run(from, fromOffset + row, products.rows, to, toOffset + row * products.depth, 1,
                    products.depth);
        }
    }

    private static void addColumns(float[] right, int rightOffset, Products products, int[] sums, int sumsOffset) {
        for (int column = 0; column < products.columns; column++) {
            int sum = 0;
            int at = rightOffset + column * products.rightColumnStride();
            for (int step = 0; step < products.depth; step++) {
                sum += (int) right[at + step * products.rightDepthStride()];
            }
            sums[sumsOffset + column] = sum;
        }
    }

    private static Requantizer requantizer(Preparation p, Requantizer.Mode mode) {
        QuantizationParameters left = TensorChecks.quantizedPerTensor(p, "left side", p.inputTensor(0));
        QuantizationParameters right = TensorChecks.quantizedPerTensor(p, "right side", p.inputTensor(1));
        Tensor output = p.outputTensor(0);
        QuantizationParameters out = TensorChecks.quantizedPerTensor(p, "output", output);
        return Requantizer.of(p, mode, new long[1], left.scale(0), right, output.type(), out,
                ActivationRange.of(Activation.NONE, output.type(), out));
    }

    private static int zeroPoint(Preparation p, int input) {
        return TensorChecks.quantizedPerTensor(p, input == 0 ? "left side" : "right side", p.inputTensor(input))
                .zeroPoint(0);
    }

    /// The specification for codes, and the only loops for those of 16 bits.
    private static Kernel codeLoops(Preparation p, Products products, int count, Requantizer.Mode mode) {
        Requantizer requantizer = requantizer(p, mode);
        Slot left = p.input(0);
        Slot right = p.input(1);
        Slot output = p.output(0);
        CodeStorage leftStorage = CodeStorage.of(left.type());
        CodeStorage rightStorage = CodeStorage.of(right.type());
        CodeStorage outputStorage = CodeStorage.of(output.type());
        int leftZeroPoint = zeroPoint(p, 0);
        int rightZeroPoint = zeroPoint(p, 1);
        return memory -> {
            Object a = memory.array(left);
            Object b = memory.array(right);
            int to = memory.offset(output);
            for (int product = 0; product < count; product++) {
                int leftStart = memory.offset(left) + products.left(product);
                int rightStart = memory.offset(right) + products.right(product);
                for (int row = 0; row < products.rows; row++) {
                    for (int column = 0; column < products.columns; column++) {
                        int leftAt = leftStart + row * products.leftRowStride();
                        int rightAt = rightStart + column * products.rightColumnStride();
                        long sum = 0;
                        for (int step = 0; step < products.depth; step++) {
                            sum += (long) (leftStorage.get(a, leftAt) - leftZeroPoint)
                                    * (rightStorage.get(b, rightAt) - rightZeroPoint);
                            leftAt += products.leftDepthStride();
                            rightAt += products.rightDepthStride();
                        }
                        outputStorage.set(memory.array(output), to, requantizer.apply(sum, 0));
                        to++;
                    }
                }
            }
        };
    }
}
