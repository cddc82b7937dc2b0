package dev.whittle.engine.kernel;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.ref.SoftReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// Vector code for [Tile]s, written as bytecode for the shape at hand: a hidden class with one method, in which each sum is
/// a local variable and all strides that the shape fixes are constants.
///
/// Written out in Java it would be a method for each number of rows and vectors, since the compiler keeps sums in
/// registers only when they are local variables; and strides would be variables, of which there are more than registers.
/// The lines follow each other as loops of their own: nested in a loop, they make the compiler spill all sums at each turn
/// of it. One loop over a table of places costs a tenth, for the checks on each of them, and gains as much where lines are
/// short.
final class VectorTiles {
    private static final Map<Record, SoftReference<Tile>> TILES = new ConcurrentHashMap<>();

    private static final int LANES = Lanes.FLOAT.length();
    private static final int REGISTERS = Lanes.registers();

    private static final ClassDesc FLOATS = CD_float.arrayType();
    private static final ClassDesc INTS = CD_int.arrayType();
    private static final ClassDesc FLOAT_VECTOR = desc(FloatVector.class);
    private static final ClassDesc VECTOR = desc(Vector.class);
    private static final ClassDesc MASK = desc(VectorMask.class);
    private static final ClassDesc SPECIES = desc(VectorSpecies.class);

    /// The parameters of [Tile#multiply] in their local variables.
    private static final int A = 1;
    private static final int A_INDEX = 2;
    private static final int LINE_OFFSETS = 3;
    private static final int FIRST_LINE = 4;
    private static final int DEPTH = 5;
    private static final int B = 6;
    private static final int B_INDEX = 7;
    private static final int BIAS = 8;
    private static final int BIAS_INDEX = 9;
    private static final int MIN = 10;
    private static final int MAX = 11;
    private static final int C = 12;
    private static final int C_INDEX = 13;
    private static final int COUNT = 14;

    private VectorTiles() {}

    /// The code for a shape, shared by all who ask for it.
    ///
    /// @throws IllegalArgumentException when the columns are neither whole vectors nor less than one
    static Tile of(TileShape shape) {
        if (shape.columns() > LANES && shape.columns() % LANES != 0) {
            throw new IllegalArgumentException(shape + ": columns must be whole vectors of " + LANES + " or less");
        }
        return of(shape, "VectorTile" + shape.rows() + "x" + shape.columns(),
                code -> new ProductWriter(shape, code).write());
    }

    private static Tile of(Record shape, String name, Consumer<CodeBuilder> body) {
        SoftReference<Tile> known = TILES.get(shape);
        Tile tile = known == null ? null : known.get();
        if (tile == null) {
            tile = define(name, body);
            TILES.put(shape, new SoftReference<>(tile));
        }
        return tile;
    }

    /// Columns in a vector.
    static int lanes() {
        return LANES;
    }

    /// The most rows, for the given number of vectors, whose sums stay in registers beside the weights and an input. More
    /// than 24 would fit, but measured slower, and past the inliner's node limit the last vectors become objects. Between the
    /// loops of several lines the compiler spills from a smaller number on: tiles of 16 rows and one vector took 1.6 times as
    /// long as those of 15, those of 12 rows and two vectors 1.9 times as long as those of 10.
    static int rows(int vectors, boolean hasLines) {
        int sums = !hasLines ? 24 : vectors == 1 ? 15 : 20;
        return Math.min(sums, REGISTERS - 1 - vectors) / vectors;
    }

    /// The most rows of a depthwise tile: the weights of 3 × 3 taps stay in registers beside their sums.
    static int depthwiseRows() {
        return REGISTERS / 4;
    }

    /// The code for a depthwise shape, shared by all who ask for it.
    static Tile of(DepthwiseShape shape) {
        return of(shape, "VectorDepthwiseTile" + shape.rows() + "x" + shape.columns(),
                code -> new DepthwiseWriter(shape, code).write());
    }

    private static ClassDesc desc(Class<?> type) {
        return ClassDesc.ofDescriptor(type.descriptorString());
    }

    private static Tile define(String name, Consumer<CodeBuilder> body) {
        byte[] code = ClassFile.of().build(ClassDesc.of(VectorTiles.class.getPackageName(), name), type -> type
                .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                .withInterfaceSymbols(desc(Tile.class))
                .withMethodBody("<init>", MTD_void, 0,
                        c -> c.aload(0).invokespecial(CD_Object, "<init>", MTD_void).return_())
                .withMethodBody("multiply",
                        MethodTypeDesc.of(CD_void, FLOATS, CD_int, INTS, CD_int, CD_int, FLOATS, CD_int, FLOATS, CD_int,
                                CD_float, CD_float, FLOATS, CD_int, CD_int),
                        ClassFile.ACC_PUBLIC, body::accept));
        try {
            return (Tile) MethodHandles.lookup().defineHiddenClass(code, true).lookupClass().getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(name, e);
        }
    }

    /// What the tiles have in common: sums that start, are finished and stored.
    private abstract static class Writer {
        final CodeBuilder code;
        final int rows;
        final int vectors;
        final int lanes;
        private final boolean isMasked;
        private final boolean fromC;
        private final TileShape.Finish finish;
        private final int cRowStride;
        private final int aRowStride;
        private final int parts;
        private final int scalingStride;
        private final int mask;
        private final int minimum;
        private final int maximum;
        private final int least;
        final int tile;
        final int input;
        /// First of the variables that hold the bias, or another parameter, of each vector.
        private final int parameters;
        private final int sums;

        /// @param parts of each row, of which the largest is kept
        /// @param scalingStride as in [TileShape]
        Writer(CodeBuilder code, int rows, int parts, int columns, int aRowStride, int cRowStride, boolean fromC,
                TileShape.Finish finish, int scalingStride) {
            this.code = code;
            this.scalingStride = scalingStride;
            this.parts = parts;
            this.rows = rows;
            this.aRowStride = aRowStride;
            this.cRowStride = cRowStride;
            this.fromC = fromC;
            this.finish = finish;
            lanes = columns >= LANES ? LANES : Math.max(4, Integer.highestOneBit(2 * columns - 1));
            vectors = Math.ceilDiv(columns, lanes);
            isMasked = columns % lanes != 0;
            mask = code.allocateLocal(TypeKind.REFERENCE);
            minimum = code.allocateLocal(TypeKind.REFERENCE);
            maximum = code.allocateLocal(TypeKind.REFERENCE);
            least = code.allocateLocal(TypeKind.REFERENCE);
            tile = code.allocateLocal(TypeKind.INT);
            input = code.allocateLocal(TypeKind.REFERENCE);
            parameters = allocate(vectors);
            sums = allocate(rows * parts * vectors);
            if (isMasked) {
                species();
                code.iconst_0().loadConstant(columns).invokeinterface(SPECIES, "indexInRange",
                        MethodTypeDesc.of(MASK, CD_int, CD_int)).astore(mask);
            }
        }

        final int allocate(int vectorCount) {
            int first = code.allocateLocal(TypeKind.REFERENCE);
            for (int i = 1; i < vectorCount; i++) {
                code.allocateLocal(TypeKind.REFERENCE);
            }
            return first;
        }

        final void write() {
            prepare();
            if (finish != TileShape.Finish.NONE) {
                broadcast(() -> code.fload(MIN), minimum);
                broadcast(() -> code.fload(MAX), maximum);
                broadcast(() -> code.loadConstant(-Float.MAX_VALUE), least);
            }
            code.iconst_0().istore(tile);
            loop(tile, COUNT, () -> {
                startSums();
                addProducts();
                finish();
                if (parts > 1) {
                    pool();
                }
                for (int row = 0; row < rows; row++) {
                    for (int vector = 0; vector < vectors; vector++) {
                        code.aload(sum(row * parts, vector)).aload(C);
                        cIndex(row, vector);
                        if (isMasked) {
                            code.aload(mask);
                            call("intoArray", CD_void, FLOATS, CD_int, MASK);
                        } else {
                            call("intoArray", CD_void, FLOATS, CD_int);
                        }
                    }
                }
                advance();
            });
            code.return_();
        }

        private void broadcast(Runnable number, int vector) {
            species();
            number.run();
            callStatic("broadcast", FLOAT_VECTOR, SPECIES, CD_float);
            code.astore(vector);
        }

        /// What is done once, before the tiles.
        abstract void prepare();

        /// Adds all products of one tile to its sums.
        abstract void addProducts();

        /// On to the next rows.
        void advance() {
            advance(A_INDEX, rows * aRowStride);
            advance(C_INDEX, rows * cRowStride);
        }

        /// `for (; variable < bound; variable++) body`
        final void loop(int variable, int bound, Runnable body) {
            Label start = code.newBoundLabel();
            Label end = code.newLabel();
            code.iload(variable).iload(bound).if_icmpge(end);
            body.run();
            code.iinc(variable, 1).goto_(start);
            code.labelBinding(end);
        }

        private void startSums() {
            for (int sum = 0; sum < rows * parts; sum++) {
                for (int vector = 0; vector < vectors; vector++) {
                    species();
                    if (fromC) {
                        code.aload(C);
                        cIndex(sum, vector);
                        load();
                    } else {
                        callStatic("zero", FLOAT_VECTOR, SPECIES);
                    }
                    code.astore(sum(sum, vector));
                }
            }
        }

        /// Leaves the largest part of each row in its first.
        private void pool() {
            for (int row = 0; row < rows; row++) {
                for (int vector = 0; vector < vectors; vector++) {
                    int largest = sum(row * parts, vector);
                    if (finish != TileShape.Finish.NONE) {
                        // What is no number, or less than any, does not count.
                        code.aload(least).aload(largest).aload(least).aload(largest);
                        call("lt", MASK, VECTOR);
                        call("blend", FLOAT_VECTOR, VECTOR, MASK);
                        code.astore(largest);
                    }
                    for (int part = 1; part < parts; part++) {
                        int other = sum(row * parts + part, vector);
                        code.aload(largest).aload(other).aload(largest).aload(other);
                        call("lt", MASK, VECTOR);
                        call("blend", FLOAT_VECTOR, VECTOR, MASK);
                        code.astore(largest);
                    }
                }
            }
        }

        /// Bias and clamp, by comparing, since the vector maximum pays for Java's rules on NaN and −0.
        private void finish() {
            if (finish == TileShape.Finish.NONE) {
                return;
            }
            if (scalingStride != 0) {
                forEachSum(1, "add");
                forEachSum(2, "mul");
            }
            forEachSum(0, "add");
            for (int row = 0; row < rows * parts; row++) {
                for (int vector = 0; vector < vectors; vector++) {
                    int sum = sum(row, vector);
                    if (finish != TileShape.Finish.BIAS) {
                        code.aload(sum).aload(minimum).aload(sum).aload(minimum);
                        call("lt", MASK, VECTOR);
                        call("blend", FLOAT_VECTOR, VECTOR, MASK);
                        code.astore(sum);
                    }
                    if (finish == TileShape.Finish.CLAMP) {
                        code.aload(sum).aload(maximum).aload(maximum).aload(sum);
                        call("lt", MASK, VECTOR);
                        call("blend", FLOAT_VECTOR, VECTOR, MASK);
                        code.astore(sum);
                    }
                }
            }
        }

        /// Adds to each sum, or multiplies it by, the parameter of its column.
        ///
        /// @param parameter 0 is the bias, those of the scaling follow
        private void forEachSum(int parameter, String operation) {
            for (int vector = 0; vector < vectors; vector++) {
                species();
                code.aload(BIAS).iload(BIAS_INDEX).loadConstant(parameter * scalingStride + vector * lanes).iadd();
                load();
                code.astore(parameters + vector);
            }
            for (int row = 0; row < rows * parts; row++) {
                for (int vector = 0; vector < vectors; vector++) {
                    code.aload(sum(row, vector)).aload(parameters + vector);
                    call(operation, FLOAT_VECTOR, VECTOR);
                    code.astore(sum(row, vector));
                }
            }
        }

        private void cIndex(int row, int vector) {
            code.iload(C_INDEX).loadConstant(row * cRowStride + vector * lanes).iadd();
        }

        final void advance(int index, int by) {
            code.iload(index).loadConstant(by).iadd().istore(index);
        }

        final int sum(int row, int vector) {
            return sums + row * vectors + vector;
        }

        final void species() {
            if (lanes == LANES) {
                code.getstatic(desc(Lanes.class), "FLOAT", SPECIES);
            } else {
                code.getstatic(FLOAT_VECTOR, "SPECIES_" + lanes * Float.SIZE, SPECIES);
            }
        }

        /// Loads the columns, with species, array and index on the stack.
        final void load() {
            if (isMasked) {
                code.aload(mask);
                callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int, MASK);
            } else {
                callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int);
            }
        }

        final void call(String method, ClassDesc result, ClassDesc... parameters) {
            code.invokevirtual(FLOAT_VECTOR, method, MethodTypeDesc.of(result, parameters));
        }

        final void callStatic(String method, ClassDesc result, ClassDesc... parameters) {
            code.invokestatic(FLOAT_VECTOR, method, MethodTypeDesc.of(result, parameters));
        }

        /// Adds the product of the input and a weight to a sum.
        final void multiply(int weight, int sum) {
            code.aload(input).aload(weight).aload(sum);
            call("fma", FLOAT_VECTOR, VECTOR, VECTOR);
            code.astore(sum);
        }
    }

    /// Each element of A meets all columns of B.
    private static final class ProductWriter extends Writer {
        private final TileShape shape;
        private final int step;
        /// Where the first row finds its line of A, and the step its row of B.
        private final int lineAt;
        private final int weightsAt;
        private final int weights;

        ProductWriter(TileShape shape, CodeBuilder code) {
            super(code, shape.rows(), shape.pool() == null ? 1 : TileShape.Pool.PARTS, shape.columns(),
                    shape.aRowStride(), shape.cRowStride(), shape.fromC(), shape.finish(), shape.scalingStride());
            this.shape = shape;
            step = code.allocateLocal(TypeKind.INT);
            lineAt = code.allocateLocal(TypeKind.INT);
            weightsAt = code.allocateLocal(TypeKind.INT);
            weights = allocate(vectors);
        }

        @Override
        void prepare() {
            // Weights are too many to be kept.
        }

        @Override
        void addProducts() {
            code.iload(B_INDEX).istore(weightsAt);
            if (shape.lines() == TileShape.LOOSE) {
                code.iconst_0().istore(step);
                loop(step, DEPTH, () -> {
                    code.iload(A_INDEX).aload(LINE_OFFSETS).iload(FIRST_LINE).iload(step).iadd().iaload().iadd()
                            .istore(lineAt);
                    step();
                });
            }
            for (int line = 0; line < shape.lines(); line++) {
                code.iload(A_INDEX).aload(LINE_OFFSETS).iload(FIRST_LINE).loadConstant(line).iadd().iaload().iadd()
                        .istore(lineAt);
                code.iconst_0().istore(step);
                loop(step, DEPTH, this::step);
            }
        }

        private void step() {
            for (int vector = 0; vector < vectors; vector++) {
                species();
                code.aload(B).iload(weightsAt).loadConstant(vector * lanes).iadd();
                callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int);
                code.astore(weights + vector);
            }
            TileShape.Pool pool = shape.pool();
            int parts = pool == null ? 1 : TileShape.Pool.PARTS;
            for (int sum = 0; sum < rows * parts; sum++) {
                int at = sum / parts * shape.aRowStride() + (pool == null ? 0 : pool.offset(sum % parts));
                species();
                code.aload(A).iload(lineAt);
                if (shape.lines() != TileShape.LOOSE) {
                    code.iload(step);
                    if (shape.aDepthStride() != 1) {
                        code.loadConstant(shape.aDepthStride()).imul();
                    }
                    code.iadd();
                }
                code.loadConstant(at).iadd().faload();
                callStatic("broadcast", FLOAT_VECTOR, SPECIES, CD_float);
                code.astore(input);
                for (int vector = 0; vector < vectors; vector++) {
                    multiply(weights + vector, sum(sum, vector));
                }
            }
            advance(weightsAt, shape.panelColumns());
        }
    }

    /// Each column of A meets the same column of B: the whole window is written out, weights stay in registers and each
    /// input is loaded once for all rows that see it.
    private static final class DepthwiseWriter extends Writer {
        private final DepthwiseShape shape;
        private final int lineAt;
        private final int weights;

        DepthwiseWriter(DepthwiseShape shape, CodeBuilder code) {
            super(code, shape.rows(), 1, shape.columns(), shape.aRowStride(), shape.cRowStride(), shape.fromC(),
                    shape.finish(), 0);
            this.shape = shape;
            lineAt = code.allocateLocal(TypeKind.INT);
            weights = allocate(shape.lines() * shape.taps());
        }

        @Override
        void prepare() {
            if (!shape.isAcross()) {
                loadWeights();
            }
        }

        private void loadWeights() {
            for (int i = 0; i < shape.lines() * shape.taps(); i++) {
                species();
                code.aload(B).iload(B_INDEX).loadConstant(i * shape.panelColumns()).iadd();
                load();
                code.astore(weights + i);
            }
        }

        @Override
        void advance() {
            if (shape.isAcross()) {
                advance(A_INDEX, shape.columns());
                advance(B_INDEX, shape.bPanelStride());
                advance(BIAS_INDEX, shape.columns());
                advance(C_INDEX, shape.columns());
            } else {
                super.advance();
            }
        }

        @Override
        void addProducts() {
            if (shape.isAcross()) {
                loadWeights();
            }
            for (int line = 0; line < shape.lines(); line++) {
                code.iload(A_INDEX).aload(LINE_OFFSETS).iload(FIRST_LINE).loadConstant(line).iadd().iaload().iadd()
                        .istore(lineAt);
                for (int offset : offsets()) {
                    species();
                    code.aload(A).iload(lineAt).loadConstant(offset).iadd();
                    load();
                    code.astore(input);
                    for (int row = 0; row < rows; row++) {
                        int distance = offset - row * shape.aRowStride();
                        if (distance >= 0 && distance % shape.tapStride() == 0
                                && distance / shape.tapStride() < shape.taps()) {
                            multiply(weights + line * shape.taps() + distance / shape.tapStride(), sum(row, 0));
                        }
                    }
                }
            }
        }

        /// Where the rows look for their taps, in ascending order, so that each row adds its taps in theirs.
        private int[] offsets() {
            return IntStream.range(0, rows * shape.taps())
                    .filter(i -> shape.isInside(i / shape.taps(), i % shape.taps()))
                    .map(i -> i / shape.taps() * shape.aRowStride() + i % shape.taps() * shape.tapStride())
                    .sorted().distinct().toArray();
        }
    }
}
