package dev.whittle.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import jdk.incubator.vector.VectorShape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The width is a constant of the loaded classes, so another width is another loading of them.
class VectorWidthTest {

    /// Loads the engine anew instead of asking its parent.
    private static final class FreshEngine extends URLClassLoader {
        FreshEngine() throws MalformedURLException {
            super(classPath(), ClassLoader.getPlatformClassLoader());
        }

        private static URL[] classPath() throws MalformedURLException {
            List<URL> urls = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
            return urls.toArray(URL[]::new);
        }
    }

    private static int preferredBits() {
        return VectorShape.preferredShape().vectorBitSize();
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void productHasTheSameBitsAtEveryWidth(int bits) throws Exception {
        assumeTrue(KernelTier.isVectorAvailable(), "needs java --add-modules jdk.incubator.vector");
        assumeTrue(bits <= preferredBits(), "this processor's vectors are narrower than " + bits + " bits");
        String before = System.getProperty(Lanes.PROPERTY);
        System.setProperty(Lanes.PROPERTY, Integer.toString(bits));
        try (FreshEngine loader = new FreshEngine()) {
            Class<?> gemm = loader.loadClass(Gemm.class.getName());
            Class<?> simd = loader.loadClass(SimdGemm.class.getName());
            Method panelColumns = gemm.getMethod("panelColumns");
            Object instance = simd.getEnumConstants()[0];
            assertThat(panelColumns.invoke(instance)).as("two vectors").isEqualTo(2 * bits / Float.SIZE);
            Method packedLength = gemm.getMethod("packedLength", int.class, int.class);
            Method pack = gemm.getMethod("pack", float[].class, int.class, int.class, int.class, int.class, int.class,
                    float[].class, int.class);
            Method multiply = gemm.getMethod("multiply", float[].class, int.class, int.class, int.class, float[].class,
                    int.class, int.class, int.class, int.class, float[].class, float.class, float.class, boolean.class,
                    float[].class, int.class, int.class);
            Random random = new Random(bits);
            for (int round = 0; round < 60; round++) {
                int rows = 1 + random.nextInt(40);
                int depth = 1 + random.nextInt(40);
                int columns = 1 + random.nextInt(70);
                float[] a = GemmTest.randoms(random, rows * depth);
                float[] b = GemmTest.randoms(random, depth * columns);
                float[] bias = GemmTest.randoms(random, columns);
                float[] expected = new float[5 + rows * columns];
                expected = GemmTest.product(ReferenceGemm.INSTANCE, a, depth, 1, b, rows, depth, columns, bias, -1, 1,
                        false, expected, columns);

                float[] packed = new float[(int) packedLength.invoke(instance, depth, columns)];
                pack.invoke(instance, b, 0, columns, 1, depth, columns, packed, 0);
                float[] actual = new float[5 + rows * columns];
                multiply.invoke(instance, a, 0, depth, 1, packed, 0, rows, depth, columns, bias, -1f, 1f, false, actual,
                        5, columns);

                assertThat(actual).as("%d x %d x %d", rows, depth, columns).containsExactly(expected);
            }
        } finally {
            if (before == null) {
                System.clearProperty(Lanes.PROPERTY);
            } else {
                System.setProperty(Lanes.PROPERTY, before);
            }
        }
    }
}
