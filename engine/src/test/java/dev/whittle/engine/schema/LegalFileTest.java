package dev.whittle.engine.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whittle.engine.model.Buffer;
import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.MalformedModelException;
import dev.whittle.engine.model.Model;
import dev.whittle.engine.model.ModelLimits;
import dev.whittle.engine.model.OperatorCode;
import dev.whittle.engine.model.Options;
import dev.whittle.engine.model.QuantizationParameters;
import dev.whittle.engine.model.Subgraph;
import dev.whittle.engine.model.Tensor;
import dev.whittle.engine.model.UnsupportedModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is unusual in a file and sound all the same.
class LegalFileTest {
    private final FlatModel file = new FlatModel();

    private static int[] of(int... values) {
        return values;
    }

    private static byte[] bytes(Tensor tensor) {
        return Objects.requireNonNull(tensor.buffer()).toBytes();
    }

    @Test
    void tensorsMayShareANameAndAnOutputMayBeAConstantOrAnInput() {
        int buffer = file.buffer((byte) 7);
        file.tensor("x", ElementType.INT8, of(1), _ -> {
        });
        file.tensor("x", ElementType.INT8, of(1), table -> table.addInt(Slots.Tensor.BUFFER, buffer, 0));
        file.subgraph(of(0), of(0, 1, 1));

        Subgraph subgraph = file.read().primary();

        assertThat(subgraph.tensors()).extracting(Tensor::name).containsExactly("x", "x");
        assertThat(subgraph.outputs()).containsExactly(0, 1, 1);
        assertThat(subgraph.name()).isEmpty();
    }

    @Test
    void aConstantOfNoElementsIsTakenForOneWhereItIsRead() {
        file.tensor(ElementType.FLOAT32, 3);
        file.tensor(ElementType.INT32, 0);
        file.tensor(ElementType.FLOAT32);
        file.operator(OperatorCode.RESHAPE, of(0, 1), of(2));
        file.subgraph(of(0), of(2, 1));

        Subgraph subgraph = file.read().primary();

        assertThat(subgraph.tensor(1).buffer()).isEqualTo(Buffer.of());
    }

    @Test
    void whatIsWrittenTwiceBecomesATensorForEachOfItsContents() {
        file.tensor(ElementType.FLOAT32, 1);
        file.tensor(ElementType.FLOAT32, 1);
        file.operator(OperatorCode.RELU, of(0), of(1));
        file.operator(OperatorCode.EXP, of(1), of(1));
        file.operator(OperatorCode.ABS, of(1), of(0));
        file.operator(OperatorCode.NEG, of(0), of(1));
        file.subgraph(of(0), of(0, 1));

        Subgraph subgraph = file.read().primary();

        assertThat(subgraph.inputs()).containsExactly(0);
        assertThat(subgraph.operators()).extracting(operator -> operator.code() + " " + operator.inputs()
                + operator.outputs()).containsExactly("RELU [0][1]", "EXP [1][2]", "ABS [2][3]", "NEG [3][4]");
        assertThat(subgraph.outputs()).containsExactly(3, 4);
        assertThat(subgraph.tensors()).extracting(Tensor::name).containsExactly("t0", "t1", "t1", "t0", "t1");
    }

    @Test
    void operatorsWithoutAKernelAreReadByNumberAndByName() {
        file.tensor(ElementType.FLOAT32, 1);
        file.operator(OperatorCode.STABLEHLO_SORT, of(0), of());
        file.subgraph(of(0), of(0));

        assertThat(file.read().primary().operators().getFirst().options())
                .isEqualTo(new Options.Unsupported(OperatorCode.STABLEHLO_SORT));
    }

    @Test
    void arithmeticWithoutOptionsScalesGenerallyAndWithATableByPowersOfTwo() {
        file.tensor(ElementType.INT16, 1);
        file.operator(OperatorCode.ADD, of(0, 0), of(0));
        file.operator(OperatorCode.ADD, of(0, 0), of(0), Slots.BuiltinOptions.ADD, _ -> {
        });
        file.subgraph(of(0), of(0));

        assertThat(file.read().primary().operators()).extracting(operator -> ((Options.Add) operator.options())
                .potScaleInt16()).containsExactly(false, true);
    }

    private int values(int vector) {
        return file.table(table -> table.addOffset(Slots.SparseIndexVector.VALUES, vector, 0));
    }

    private int dense(int size) {
        return file.table(table -> table.addInt(Slots.DimensionMetadata.DENSE_SIZE, size, 0));
    }

    private int compressed(int[] segments, byte[] indices) {
        int segmentTable = values(file.ints(segments));
        int indexTable = values(file.builder.createByteVector(indices));
        return file.table(table -> {
            table.addByte(Slots.DimensionMetadata.FORMAT, (byte) 1, 0);
            table.addByte(Slots.DimensionMetadata.ARRAY_SEGMENTS_TYPE, (byte) Slots.SparseIndexVector.INT32, 0);
            table.addOffset(Slots.DimensionMetadata.ARRAY_SEGMENTS_TYPE + 1, segmentTable, 0);
            table.addByte(Slots.DimensionMetadata.ARRAY_INDICES_TYPE, (byte) Slots.SparseIndexVector.UINT8, 0);
            table.addOffset(Slots.DimensionMetadata.ARRAY_INDICES_TYPE + 1, indexTable, 0);
        });
    }

    private void sparse(int[] shape, int[] order, int[] blockMap, byte[] data, Integer... metadata) {
        int buffer = file.buffer(data);
        int orderVector = file.ints(order);
        int blockVector = file.ints(blockMap);
        int metadataVector = file.tables(metadata);
        int sparsity = file.table(table -> {
            table.addOffset(Slots.SparsityParameters.TRAVERSAL_ORDER, orderVector, 0);
            table.addOffset(Slots.SparsityParameters.BLOCK_MAP, blockVector, 0);
            table.addOffset(Slots.SparsityParameters.DIM_METADATA, metadataVector, 0);
        });
        file.tensor("w", ElementType.INT8, shape, table -> {
            table.addInt(Slots.Tensor.BUFFER, buffer, 0);
            table.addOffset(Slots.Tensor.SPARSITY, sparsity, 0);
        });
        file.subgraph(of(), of(0));
    }

    @Test
    void compressedRowsAreWrittenOutInFull() {
        sparse(of(3, 4), of(0, 1), of(), new byte[]{1, 2, 3, 4}, dense(3),
                compressed(of(0, 2, 2, 4), new byte[]{0, 3, 1, 2}));

        assertThat(bytes(file.read().primary().tensor(0))).containsExactly(1, 0, 0, 2, 0, 0, 0, 0, 0, 3, 4, 0);
    }

    @Test
    void compressedColumnsAreWrittenOutInFull() {
        sparse(of(2, 3), of(1, 0), of(), new byte[]{1, 2, 3}, dense(3),
                compressed(of(0, 1, 1, 3), new byte[]{1, 0, 1}));

        assertThat(bytes(file.read().primary().tensor(0))).containsExactly(0, 0, 2, 1, 0, 3);
    }

    @Test
    void compressedBlocksAreWrittenOutInFull() {
        sparse(of(4, 4), of(0, 1, 2, 3), of(0, 1), new byte[]{1, 2, 3, 4, 5, 6, 7, 8}, dense(2),
                compressed(of(0, 1, 2), new byte[]{1, 0}), dense(2), dense(2));

        assertThat(bytes(file.read().primary().tensor(0))).containsExactly(0, 0, 1, 2, 0, 0, 3, 4, 5, 6, 0, 0, 7, 8, 0,
                0);
    }

    @Test
    void sparseDataBeyondTheLimitOfBytesIsRefused() {
        sparse(of(3, 4), of(0, 1), of(), new byte[]{1}, dense(3), compressed(of(0, 1, 1, 1), new byte[]{0}));

        assertThatThrownBy(() -> file.read(ModelLimits.defaults().withMaxBytes(11)))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[model.tflite] tensor 0 \"w\": sparse data of "
                        + "12 bytes in full, of the limit of 11 are left 11");
    }

    @Test
    void sparseIndicesOutsideTheShapeAreRefused() {
        sparse(of(3, 4), of(0, 1), of(), new byte[]{1}, dense(3), compressed(of(0, 1, 1, 1), new byte[]{4}));

        assertThatThrownBy(file::read).isInstanceOf(MalformedModelException.class)
                .hasMessage("[model.tflite] tensor 0 \"w\": sparse level 1 has index 4, must be within 0 to 3");
    }

    @Test
    void sparseDataOfAnotherLengthThanItsIndicesIsRefused() {
        sparse(of(3, 4), of(0, 1), of(), new byte[]{1, 2}, dense(3), compressed(of(0, 1, 1, 1), new byte[]{0}));

        assertThatThrownBy(file::read).isInstanceOf(MalformedModelException.class).hasMessage(
                "[model.tflite] tensor 0 \"w\": sparse data of 2 bytes for 1 elements of INT8, expected 1");
    }

    private void blockwise(OperatorCode reader, int blockSize) {
        ByteBuffer halves = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        for (float scale : new float[]{0.5f, 1, 2, 4}) {
            halves.putShort(Float.floatToFloat16(scale));
        }
        int scales = file.buffer(halves.array());
        int weights = file.buffer(new byte[]{0x21, 0x43, 0x65, (byte) 0x87});
        int details = file.table(table -> {
            table.addInt(Slots.BlockwiseQuantization.SCALES, 1, 0);
            table.addInt(Slots.BlockwiseQuantization.ZERO_POINTS, -1, 0);
            table.addInt(Slots.BlockwiseQuantization.BLOCK_SIZE, blockSize, 0);
        });
        int quantization = file.table(table -> {
            table.addByte(Slots.QuantizationParameters.DETAILS_TYPE, (byte) Slots.QuantizationDetails.BLOCKWISE, 0);
            table.addOffset(Slots.QuantizationParameters.DETAILS_TYPE + 1, details, 0);
        });
        file.tensor("w", ElementType.INT4, of(2, 4), table -> {
            table.addInt(Slots.Tensor.BUFFER, weights, 0);
            table.addOffset(Slots.Tensor.QUANTIZATION, quantization, 0);
        });
        file.tensor("s", ElementType.FLOAT16, of(2, 2), table -> table.addInt(Slots.Tensor.BUFFER, scales, 0));
        file.tensor("x", ElementType.FLOAT32, of(1, 4), _ -> {
        });
        file.tensor("y", ElementType.FLOAT32, of(1, 2), _ -> {
        });
        file.operator(reader, of(2, 0), of(3));
        file.subgraph(of(2), of(3));
    }

    @Test
    void scalesOfBlocksComeFromTheTensorThatHoldsThem() {
        blockwise(OperatorCode.FULLY_CONNECTED, 2);

        QuantizationParameters quantization = Objects.requireNonNull(file.read().primary().tensor(0).quantization());

        assertThat(quantization.isBlockwise()).isTrue();
        assertThat(quantization.blockSize()).isEqualTo(2);
        assertThat(quantization.scale()).containsExactly(0.5f, 1f, 2f, 4f);
        assertThat(quantization.zeroPoint()).isEqualTo(List.of(0L, 0L, 0L, 0L));
    }

    @Test
    void scalesOfBlocksUnderAnotherOperatorAreRefused() {
        blockwise(OperatorCode.MUL, 2);

        assertThatThrownBy(file::read).isInstanceOf(UnsupportedModelException.class)
                .hasMessage("[model.tflite] MUL #0: reads tensor 0 \"w\", which has scales for blocks, supported by "
                        + "FULLY_CONNECTED and EMBEDDING_LOOKUP");
    }

    @Test
    void blocksThatDoNotDivideTheRowAreRefused() {
        blockwise(OperatorCode.FULLY_CONNECTED, 3);

        assertThatThrownBy(file::read).isInstanceOf(MalformedModelException.class)
                .hasMessage("[model.tflite] tensor 0 \"w\": block size 3 of a tensor of shape [2, 4], must divide the "
                        + "last dimension");
    }

    @Test
    void aBufferBeyond2GibIsReadFromALargeFile(@TempDir Path folder) throws IOException {
        long offset = (1L << 31) + 12345;
        int behind = file.buffer(table -> {
            table.addLong(Slots.Buffer.OFFSET, offset, 0);
            table.addLong(Slots.Buffer.SIZE, 4, 0);
        });
        file.tensor("far", ElementType.INT8, of(4), table -> table.addInt(Slots.Tensor.BUFFER, behind, 0));
        file.subgraph(of(), of(0));
        Path path = folder.resolve("large.tflite");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.SPARSE,
                StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(file.bytes()));
            channel.write(ByteBuffer.wrap(new byte[]{5, 6, 7, 8}), offset);
        }

        Model model = ModelReader.read(path);

        assertThat(Files.size(path)).isGreaterThan(1L << 31);
        assertThat(bytes(model.primary().tensor(0))).containsExactly(5, 6, 7, 8);
    }

    private void external(String name, long offset) {
        int groupName = file.string(name);
        int groups = file.tables(file.table(table -> table.addOffset(Slots.ExternalBufferGroup.NAME, groupName, 0)));
        int buffers = file.tables(file.table(table -> {
            table.addInt(Slots.ExternalBuffer.ID, 9, 0);
            table.addLong(Slots.ExternalBuffer.OFFSET, offset, 0);
            table.addLong(Slots.ExternalBuffer.LENGTH, 4, 0);
        }));
        file.model(table -> {
            table.addOffset(Slots.Model.EXTERNAL_BUFFER_GROUPS, groups, 0);
            table.addOffset(Slots.Model.EXTERNAL_BUFFERS, buffers, 0);
        });
        file.tensor("w", ElementType.INT8, of(4), table -> table.addInt(Slots.Tensor.EXTERNAL_BUFFER, 9, 0));
        file.subgraph(of(), of(0));
    }

    @Test
    void dataIsReadFromAFileBesideTheModel(@TempDir Path folder) throws IOException {
        external("weights.bin", 1);
        Files.write(folder.resolve("weights.bin"), new byte[]{0, 1, 2, 3, 4});
        Path path = Files.write(folder.resolve("model.tflite"), file.bytes());

        assertThat(bytes(ModelReader.read(path).primary().tensor(0))).containsExactly(1, 2, 3, 4);
    }

    @Test
    void aFileOutsideTheModelsFolderIsRefused(@TempDir Path folder) throws IOException {
        external("../weights.bin", 0);
        Files.write(folder.resolve("weights.bin"), new byte[4]);
        Path path = Files.write(Files.createDirectory(folder.resolve("inner")).resolve("model.tflite"), file.bytes());

        assertThatThrownBy(() -> ModelReader.read(path)).isInstanceOf(UnsupportedModelException.class).hasMessage(
                "[model.tflite] needs data from \"../weights.bin\", supported are files in the model's own folder");
    }

    @Test
    void externalDataPastTheEndOfItsFileIsRefused(@TempDir Path folder) throws IOException {
        external("weights.bin", 2);
        Files.write(folder.resolve("weights.bin"), new byte[5]);
        Path path = Files.write(folder.resolve("model.tflite"), file.bytes());

        assertThatThrownBy(() -> ModelReader.read(path)).isInstanceOf(MalformedModelException.class)
                .hasMessage(
                        "[model.tflite] tensor 0 \"w\": data of 4 bytes from byte 2 ends past \"weights.bin\" (5 bytes)");
    }

    @Test
    void aModelFromMemoryHasNoFilesBesideIt() {
        external("weights.bin", 0);

        assertThatThrownBy(file::read).isInstanceOf(UnsupportedModelException.class)
                .hasMessage(
                        "[model.tflite] needs data from the file \"weights.bin\" beside it, and was read from memory");
    }
}
