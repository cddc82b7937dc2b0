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
/// of it; one loop over a table of places costs a tenth, for the checks on each of them.
final class VectorTiles {
    private static final Map<TileShape, SoftReference<Tile>> TILES = new ConcurrentHashMap<>();

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
        SoftReference<Tile> known = TILES.get(shape);
        Tile tile = known == null ? null : known.get();
        if (tile == null) {
            tile = define(shape);
            TILES.put(shape, new SoftReference<>(tile));
        }
        return tile;
    }

    /// Columns in a vector.
    static int lanes() {
        return LANES;
    }

    /// The most rows whose sums, for the given number of vectors, stay in registers beside the weights and an input.
    static int rows(int vectors) {
        return (REGISTERS - 1 - vectors) / vectors;
    }

    private static ClassDesc desc(Class<?> type) {
        return ClassDesc.ofDescriptor(type.descriptorString());
    }

    private static Tile define(TileShape shape) {
        if (shape.columns() > LANES && shape.columns() % LANES != 0) {
            throw new IllegalArgumentException(shape + ": columns must be whole vectors of " + LANES + " or less");
        }
        ClassDesc name = ClassDesc.of(VectorTiles.class.getPackageName(),
                "VectorTile" + shape.rows() + "x" + shape.columns());
        byte[] code = ClassFile.of().build(name, type -> type
                .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                .withInterfaceSymbols(desc(Tile.class))
                .withMethodBody("<init>", MTD_void, 0,
                        c -> c.aload(0).invokespecial(CD_Object, "<init>", MTD_void).return_())
                .withMethodBody("multiply",
                        MethodTypeDesc.of(CD_void, FLOATS, CD_int, INTS, CD_int, CD_int, FLOATS, CD_int, FLOATS, CD_int,
                                CD_float, CD_float, FLOATS, CD_int, CD_int),
                        ClassFile.ACC_PUBLIC, c -> new Writer(shape, c).write()));
        try {
            return (Tile) MethodHandles.lookup().defineHiddenClass(code, true).lookupClass().getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(shape.toString(), e);
        }
    }

    private static final class Writer {
        private final TileShape shape;
        private final CodeBuilder code;
        private final int lanes;
        private final int vectors;
        private final boolean isMasked;
        private final int mask;
        private final int tile;
        private final int step;
        /// Where the first row finds its line of A, and the step its row of B.
        private final int lineAt;
        private final int weightsAt;
        private final int input;
        /// First of the variables that hold a weight, or a bias, for each vector.
        private final int weights;
        private final int sums;

        Writer(TileShape shape, CodeBuilder code) {
            this.shape = shape;
            this.code = code;
            lanes = shape.columns() >= LANES ? LANES : Math.max(4, Integer.highestOneBit(2 * shape.columns() - 1));
            vectors = Math.ceilDiv(shape.columns(), lanes);
            isMasked = shape.columns() % lanes != 0;
            mask = code.allocateLocal(TypeKind.REFERENCE);
            tile = code.allocateLocal(TypeKind.INT);
            step = code.allocateLocal(TypeKind.INT);
            lineAt = code.allocateLocal(TypeKind.INT);
            weightsAt = code.allocateLocal(TypeKind.INT);
            input = code.allocateLocal(TypeKind.REFERENCE);
            weights = allocate(vectors);
            sums = allocate(shape.rows() * vectors);
        }

        private int allocate(int vectorCount) {
            int first = code.allocateLocal(TypeKind.REFERENCE);
            for (int i = 1; i < vectorCount; i++) {
                code.allocateLocal(TypeKind.REFERENCE);
            }
            return first;
        }

        void write() {
            if (isMasked) {
                species();
                code.iconst_0().loadConstant(shape.columns()).invokeinterface(SPECIES, "indexInRange",
                        MethodTypeDesc.of(MASK, CD_int, CD_int)).astore(mask);
            }
            code.iconst_0().istore(tile);
            loop(tile, COUNT, this::run);
            code.return_();
        }

        /// `for (; variable < bound; variable++) body`
        private void loop(int variable, int bound, Runnable body) {
            Label start = code.newBoundLabel();
            Label end = code.newLabel();
            code.iload(variable).iload(bound).if_icmpge(end);
            body.run();
            code.iinc(variable, 1).goto_(start);
            code.labelBinding(end);
        }

        private void run() {
            startSums();
            code.iload(B_INDEX).istore(weightsAt);
            for (int line = 0; line < shape.lines(); line++) {
                code.iload(A_INDEX).aload(LINE_OFFSETS).iload(FIRST_LINE).loadConstant(line).iadd().iaload().iadd()
                        .istore(lineAt);
                code.iconst_0().istore(step);
                loop(step, DEPTH, this::step);
            }
            finish();
            for (int row = 0; row < shape.rows(); row++) {
                for (int vector = 0; vector < vectors; vector++) {
                    code.aload(sum(row, vector)).aload(C);
                    cIndex(row, vector);
                    if (isMasked) {
                        code.aload(mask);
                        call("intoArray", CD_void, FLOATS, CD_int, MASK);
                    } else {
                        call("intoArray", CD_void, FLOATS, CD_int);
                    }
                }
            }
            advance(A_INDEX, shape.rows() * shape.aRowStride());
            advance(C_INDEX, shape.rows() * shape.cRowStride());
        }

        private void startSums() {
            for (int row = 0; row < shape.rows(); row++) {
                for (int vector = 0; vector < vectors; vector++) {
                    species();
                    if (!shape.fromC()) {
                        callStatic("zero", FLOAT_VECTOR, SPECIES);
                    } else {
                        code.aload(C);
                        cIndex(row, vector);
                        if (isMasked) {
                            code.aload(mask);
                            callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int, MASK);
                        } else {
                            callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int);
                        }
                    }
                    code.astore(sum(row, vector));
                }
            }
        }

        private void step() {
            for (int vector = 0; vector < vectors; vector++) {
                species();
                code.aload(B).iload(weightsAt).loadConstant(vector * lanes).iadd();
                callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int);
                code.astore(weights + vector);
            }
            for (int row = 0; row < shape.rows(); row++) {
                species();
                code.aload(A).iload(lineAt).iload(step).iadd().loadConstant(row * shape.aRowStride()).iadd().faload();
                callStatic("broadcast", FLOAT_VECTOR, SPECIES, CD_float);
                code.astore(input);
                for (int vector = 0; vector < vectors; vector++) {
                    code.aload(input).aload(weights + vector).aload(sum(row, vector));
                    call("fma", FLOAT_VECTOR, VECTOR, VECTOR);
                    code.astore(sum(row, vector));
                }
            }
            advance(weightsAt, shape.panelColumns());
        }

        /// Bias and clamp, by comparing, since the vector maximum pays for Java's rules on NaN and −0.
        private void finish() {
            if (shape.finish() == TileShape.Finish.NONE) {
                return;
            }
            for (int vector = 0; vector < vectors; vector++) {
                species();
                code.aload(BIAS).iload(BIAS_INDEX).loadConstant(vector * lanes).iadd();
                if (isMasked) {
                    code.aload(mask);
                    callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int, MASK);
                } else {
                    callStatic("fromArray", FLOAT_VECTOR, SPECIES, FLOATS, CD_int);
                }
                code.astore(weights + vector);
            }
            for (int row = 0; row < shape.rows(); row++) {
                for (int vector = 0; vector < vectors; vector++) {
                    int sum = sum(row, vector);
                    code.aload(sum).aload(weights + vector);
                    call("add", FLOAT_VECTOR, VECTOR);
                    code.astore(sum);
                    if (shape.finish() != TileShape.Finish.BIAS) {
                        replace(sum, MIN, "lt");
                    }
                    if (shape.finish() == TileShape.Finish.CLAMP) {
                        // There is no "gt" that takes a number: max < sum.
                        species();
                        code.fload(MAX);
                        callStatic("broadcast", FLOAT_VECTOR, SPECIES, CD_float);
                        code.astore(input);
                        code.aload(sum).aload(input).aload(input).aload(sum);
                        call("lt", MASK, VECTOR);
                        call("blend", FLOAT_VECTOR, VECTOR, MASK);
                        code.astore(sum);
                    }
                }
            }
        }

        /// `sum = sum.blend(bound, sum.lt(bound))`
        private void replace(int sum, int bound, String comparison) {
            code.aload(sum).fload(bound).aload(sum).fload(bound);
            call(comparison, MASK, CD_float);
            call("blend", FLOAT_VECTOR, CD_float, MASK);
            code.astore(sum);
        }

        private void cIndex(int row, int vector) {
            code.iload(C_INDEX).loadConstant(row * shape.cRowStride() + vector * lanes).iadd();
        }

        private void advance(int index, int by) {
            code.iload(index).loadConstant(by).iadd().istore(index);
        }

        private int sum(int row, int vector) {
            return sums + row * vectors + vector;
        }

        private void species() {
            if (lanes == LANES) {
                code.getstatic(desc(Lanes.class), "FLOAT", SPECIES);
            } else {
                code.getstatic(FLOAT_VECTOR, "SPECIES_" + lanes * Float.SIZE, SPECIES);
            }
        }

        private void call(String method, ClassDesc result, ClassDesc... parameters) {
            code.invokevirtual(FLOAT_VECTOR, method, MethodTypeDesc.of(result, parameters));
        }

        private void callStatic(String method, ClassDesc result, ClassDesc... parameters) {
            code.invokestatic(FLOAT_VECTOR, method, MethodTypeDesc.of(result, parameters));
        }
    }
}
