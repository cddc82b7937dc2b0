package dev.whittle.engine.kernel;

/// What the tiles of a tier can be. Lanes run along columns; a panel is as many vectors of columns as one tile takes.
enum Tiling {
    SCALAR {
        @Override
        int lanes() {
            return 4;
        }

        @Override
        int rows(int vectors, boolean hasLines) {
            return vectors <= 2 ? 12 : 0;
        }

        @Override
        int depthwiseRows() {
            return Integer.MAX_VALUE;
        }

        @Override
        int depthwiseColumns(int columnsLeft) {
            return columnsLeft;
        }

        @Override
        Tile tile(TileShape shape) {
            return new ScalarTile(shape);
        }

        @Override
        Tile tile(DepthwiseShape shape) {
            return new ScalarDepthwiseTile(shape);
        }
    },
    VECTOR {
        @Override
        int lanes() {
            return VectorTiles.lanes();
        }

        @Override
        int rows(int vectors, boolean hasLines) {
            return VectorTiles.rows(vectors, hasLines);
        }

        @Override
        int depthwiseRows() {
            return VectorTiles.depthwiseRows();
        }

        @Override
        int depthwiseColumns(int columnsLeft) {
            return Math.min(columnsLeft, lanes());
        }

        @Override
        Tile tile(TileShape shape) {
            return VectorTiles.of(shape);
        }

        @Override
        Tile tile(DepthwiseShape shape) {
            return VectorTiles.of(shape);
        }
    };

    static Tiling of(KernelTier tier) {
        return tier == KernelTier.VECTOR ? VECTOR : SCALAR;
    }

    abstract int lanes();

    /// The most rows of a tile so many vectors wide, 0 where there is no such tile.
    ///
    /// @param hasLines whether its reduction is in several lines
    abstract int rows(int vectors, boolean hasLines);

    /// The most rows of a depthwise tile.
    abstract int depthwiseRows();

    /// Columns of the next panel of a depthwise product.
    abstract int depthwiseColumns(int columnsLeft);

    abstract Tile tile(TileShape shape);

    abstract Tile tile(DepthwiseShape shape);

    /// Columns of the next panel: whole vectors as long as there are any.
    int panelColumns(int vectors, int columnsLeft) {
        return columnsLeft < lanes() ? columnsLeft : Math.min(vectors, columnsLeft / lanes()) * lanes();
    }

    /// Floats that so many columns take, a last vector filled up.
    int paddedColumns(int columns) {
        return Math.ceilDiv(columns, lanes()) * lanes();
    }
}
