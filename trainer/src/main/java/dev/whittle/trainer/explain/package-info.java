/// Why a model decided as it did: LIME for images, after Ribeiro, Singh and Guestrin, "Why Should I Trust You?" (2016).
@NullMarked
package dev.whittle.trainer.explain;

import org.jspecify.annotations.NullMarked;
