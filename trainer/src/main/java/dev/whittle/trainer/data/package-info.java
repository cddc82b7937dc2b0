/// Images in: folders of photographs, the casting generator, near-duplicate groups, splits and contact sheets.
@NullMarked
package dev.whittle.trainer.data;

import org.jspecify.annotations.NullMarked;
