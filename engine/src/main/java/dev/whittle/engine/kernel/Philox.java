package dev.whittle.engine.kernel;

/// The counter-based generators of Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", and the stream of
/// numbers that the reference draws from the first of them (`philox_random.h`, LiteRT `rng_util.cc`).
///
/// A stream is 128 bits of counter: the low half counts groups of four numbers, the high half and the key are seeds.
final class Philox {
    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_A = 0xD2511F53L;
    private static final long MULTIPLIER_B = 0xCD9E8D57L;
    private static final int KEY_STEP_A = 0x9E3779B9;
    private static final int KEY_STEP_B = 0xBB67AE85;
    private static final int THREEFRY_PARITY = 0x1BD11BDA;
    private static final int[][] THREEFRY_ROTATIONS = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    private static final int THREEFRY_ROUNDS_OF_FOUR = 5;
    /** Numbers that one step of the counter gives. */
    static final int GROUP = 4;

    private final int key0;
    private final int key1;
    private final int[] counter = new int[GROUP];
    private final int[] group = new int[GROUP];

    Philox(long seed, long seed2) {
        this.key0 = (int) seed;
        this.key1 = (int) (seed >>> Integer.SIZE);
        counter[2] = (int) seed2;
        counter[3] = (int) (seed2 >>> Integer.SIZE);
    }

    /// The next four numbers; the array is used again.
    int[] next() {
        System.arraycopy(counter, 0, group, 0, GROUP);
        encrypt(key0, key1, group, 0);
        for (int word = 0; word < GROUP; word++) {
            counter[word]++;
            if (counter[word] != 0) {
                break;
            }
        }
        return group;
    }

    /// Goes on by this many groups.
    void skip(long groups) {
        int low = (int) groups;
        int high = (int) (groups >>> Integer.SIZE);
        counter[0] += low;
        if (Integer.compareUnsigned(counter[0], low) < 0) {
            high++;
        }
        counter[1] += high;
        if (Integer.compareUnsigned(counter[1], high) < 0) {
            counter[2]++;
            counter[3] += counter[2] == 0 ? 1 : 0;
        }
    }

    /// Philox 4x32 with ten rounds, on four words in place.
    static void encrypt(int key0, int key1, int[] words, int first) {
        int a = key0;
        int b = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_A * Integer.toUnsignedLong(words[first]);
            long product1 = MULTIPLIER_B * Integer.toUnsignedLong(words[first + 2]);
            words[first] = (int) (product1 >>> Integer.SIZE) ^ words[first + 1] ^ a;
            words[first + 1] = (int) product1;
            words[first + 2] = (int) (product0 >>> Integer.SIZE) ^ words[first + 3] ^ b;
            words[first + 3] = (int) product0;
            a += KEY_STEP_A;
            b += KEY_STEP_B;
        }
    }

    /// Threefry 2x32 with twenty rounds, on two words in place.
    static void threefry(int key0, int key1, int[] words, int first) {
        int key2 = key0 ^ key1 ^ THREEFRY_PARITY;
        words[first] += key0;
        words[first + 1] += key1;
        for (int i = 0; i < THREEFRY_ROUNDS_OF_FOUR; i++) {
            for (int rotation : THREEFRY_ROTATIONS[i % 2]) {
                words[first] += words[first + 1];
                words[first + 1] = Integer.rotateLeft(words[first + 1], rotation) ^ words[first];
            }
            words[first] += key(i + 1, key0, key1, key2);
            words[first + 1] += key(i + 2, key0, key1, key2) + i + 1;
        }
    }

    private static int key(int number, int key0, int key1, int key2) {
        return switch (number % 3) {
            case 0 -> key0;
            case 1 -> key1;
            default -> key2;
        };
    }
}
