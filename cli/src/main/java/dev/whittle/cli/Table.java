package dev.whittle.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A small text table: a header, rows, columns as wide as their widest cell. A column whose cells all begin with a digit,
/// a sign or a dash is aligned to the right.
public final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    public Table(String... header) {
        rows.add(List.of(header));
    }

    /// Adds a row of as many cells as the header has.
    public Table row(Object... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalArgumentException(
                    "a row of " + cells.length + " cells in a table of " + rows.getFirst().size() + " columns");
        }
        rows.add(List.of(cells).stream().map(cell -> FailureMessage.oneLine(cell.toString())).toList());
        return this;
    }

    /// The table as lines, each ending in a line break.
    @Override
    public String toString() {
        int columns = rows.getFirst().size();
        int[] width = new int[columns];
        boolean[] numeric = new boolean[columns];
        for (int column = 0; column < columns; column++) {
            int c = column;
            width[c] = rows.stream().mapToInt(row -> row.get(c).length()).max().orElse(0);
            numeric[c] = rows.stream().skip(1).map(row -> row.get(c)).allMatch(Table::readsAsNumber);
        }
        return rows.stream().map(row -> line(row, width, numeric)).collect(Collectors.joining());
    }

    private static String line(List<String> row, int[] width, boolean[] numeric) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < width.length; column++) {
            String cell = row.get(column);
            String padding = " ".repeat(width[column] - cell.length());
            line.append(column == 0 ? "" : "  ").append(numeric[column] ? padding + cell : cell + padding);
        }
        return line.toString().stripTrailing() + System.lineSeparator();
    }

    private static boolean readsAsNumber(String cell) {
        return cell.isEmpty() || cell.equals("-") || Character.isDigit(cell.charAt(cell.charAt(0) == '-' ? 1 : 0));
    }
}
