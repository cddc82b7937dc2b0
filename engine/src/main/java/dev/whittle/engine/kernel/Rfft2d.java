package dev.whittle.engine.kernel;

import dev.whittle.engine.model.ElementType;
import dev.whittle.engine.model.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// RFFT2D: the discrete Fourier transform of the last two axes, cut or padded with zeros to the height and width in input
/// 1, which are powers of two: `Σ x[j, k] · exp(−2πi · (j · u / height + k · v / width))`, of whose columns only the first
/// `width / 2 + 1` are kept, since the rest are their conjugates. FLOAT32 to COMPLEX64.
///
/// Rows first, then columns, each by the radix-2 algorithm of Cooley and Tukey in DOUBLE; rounded once, at the end.
final class Rfft2d implements OperatorKernel {

    @Override
    public Set<ElementType> types() {
        return Set.of(ElementType.FLOAT32);
    }

    @Override
    public List<Shape> outputShapes(Preparation p) {
        TensorChecks.counts(p, 2, 2);
        Shape input = p.inputTensor(0).shape();
        int rank = input.rank();
        if (rank < 2) {
            throw p.malformed("input has shape " + input + ", must have 2 dimensions or more");
        }
        int[] lengths = lengths(p);
        return List.of(input.withDimension(rank - 2, lengths[0]).withDimension(rank - 1, lengths[1] / 2 + 1));
    }

    private static int[] lengths(Preparation p) {
        TensorChecks.sameType(p, "fft_length", p.inputTensor(1), ElementType.INT32);
        TensorChecks.sameShape(p, "fft_length", p.inputTensor(1), Shape.of(2));
        int[] lengths = p.intValues(1);
        for (int length : lengths) {
            if (length < 1 || Integer.bitCount(length) != 1) {
                throw p.unsupported("fft_length is " + Arrays.toString(lengths) + ", supported are powers of two");
            }
        }
        return lengths;
    }

    @Override
    public Kernel prepare(Preparation p) {
        TensorChecks.sameType(p, "output", p.outputTensor(0), ElementType.COMPLEX64);
        int[] lengths = lengths(p);
        int height = lengths[0];
        int width = lengths[1];
        Slot input = p.input(0);
        Slot output = p.output(0);
        int columns = width / 2 + 1;
        if (2L * height * columns > Integer.MAX_VALUE || width > 1 << 29) {
            throw p.unsupported("fft_length is " + Arrays.toString(lengths) + ", supported are up to 2^29 elements");
        }
        int images = output.elementCount() / (height * columns);
        p.requireWork((long) images * height * width
                * (Integer.numberOfTrailingZeros(height) + Integer.numberOfTrailingZeros(width) + 1L));
        int rank = input.shape().rank();
        int inputHeight = input.shape().dimension(rank - 2);
        int inputWidth = input.shape().dimension(rank - 1);
        Transform rows = Transform.of(width);
        Transform lines = Transform.of(height);
        Slot line = p.scratch(ElementType.FLOAT64, 2 * Math.max(width, height));
        Slot rowSpectra = p.scratch(ElementType.FLOAT64, 2 * height * columns);
        int copiedHeight = Math.min(height, inputHeight);
        int copiedWidth = Math.min(width, inputWidth);
        return memory -> {
            float[] from = memory.floats(input);
            float[] to = memory.floats(output);
            double[] values = memory.doubles(line);
            double[] spectra = memory.doubles(rowSpectra);
            int at = memory.offset(line);
            int spectrum = memory.offset(rowSpectra);
            for (int image = 0; image < images; image++) {
                int source = memory.offset(input) + image * inputHeight * inputWidth;
                Arrays.fill(spectra, spectrum, spectrum + 2 * height * columns, 0);
                for (int y = 0; y < copiedHeight; y++) {
                    Arrays.fill(values, at, at + 2 * width, 0);
                    for (int x = 0; x < copiedWidth; x++) {
                        values[at + 2 * x] = from[source + y * inputWidth + x];
                    }
                    rows.apply(values, at);
                    System.arraycopy(values, at, spectra, spectrum + 2 * y * columns, 2 * columns);
                }
                int target = memory.offset(output) + 2 * image * height * columns;
                for (int column = 0; column < columns; column++) {
                    for (int y = 0; y < height; y++) {
                        int place = spectrum + 2 * (y * columns + column);
                        values[at + 2 * y] = spectra[place];
                        values[at + 2 * y + 1] = spectra[place + 1];
                    }
                    lines.apply(values, at);
                    for (int y = 0; y < height; y++) {
                        int place = target + 2 * (y * columns + column);
                        to[place] = (float) values[at + 2 * y];
                        to[place + 1] = (float) values[at + 2 * y + 1];
                    }
                }
            }
        };
    }

    /// The transform of one line of complex numbers, in place.
    ///
    /// @param roots `exp(−2πi · k / length)` for k below half the length, as pairs
    private record Transform(int length, double[] roots) {

        static Transform of(int length) {
            double[] roots = new double[Math.max(2, length)];
            for (int k = 0; k < Math.max(1, length / 2); k++) {
                double angle = -2 * Math.PI * k / length;
                roots[2 * k] = StrictMath.cos(angle);
                roots[2 * k + 1] = StrictMath.sin(angle);
            }
            return new Transform(length, roots);
        }

        void apply(double[] values, int start) {
            reorder(values, start);
            for (int half = 1; half < length; half *= 2) {
                int rootStep = length / (2 * half);
                for (int block = 0; block < length; block += 2 * half) {
                    for (int k = 0; k < half; k++) {
                        double rootRe = roots[2 * k * rootStep];
                        double rootIm = roots[2 * k * rootStep + 1];
                        int a = start + 2 * (block + k);
                        int b = a + 2 * half;
                        double re = values[b] * rootRe - values[b + 1] * rootIm;
                        double im = values[b] * rootIm + values[b + 1] * rootRe;
                        values[b] = values[a] - re;
                        values[b + 1] = values[a + 1] - im;
                        values[a] += re;
                        values[a + 1] += im;
                    }
                }
            }
        }

        /// Brings each number to the place whose number has its bits backwards.
        private void reorder(double[] values, int start) {
            int unused = Integer.numberOfLeadingZeros(length) + 1;
            for (int i = 1; i < length; i++) {
                int other = Integer.reverse(i) >>> unused;
                if (i < other) {
                    int a = start + 2 * i;
                    int b = start + 2 * other;
                    double re = values[a];
                    double im = values[a + 1];
                    values[a] = values[b];
                    values[a + 1] = values[b + 1];
                    values[b] = re;
                    values[b + 1] = im;
                }
            }
        }
    }
}
