package io.plumbline.console.text;

import java.util.List;

/**
 * Tables for spreadsheets (RFC 4180). A cell that a spreadsheet would take for a formula starts with an apostrophe; characters that are not
 * visible are escaped.
 */
public final class Csv {
    private Csv() {}

    public static String of(List<String> header, List<List<String>> rows) {
        StringBuilder csv = new StringBuilder();
        line(csv, header);
        for (List<String> row : rows) {
            line(csv, row.stream().map(Csv::cell).toList());
        }
        return csv.toString();
    }

    private static String cell(String text) {
        String visible = VisibleText.block(text);
        String start = visible.stripLeading();
        boolean formula = !start.isEmpty() && "=+-@|%＝＋－＠".indexOf(start.charAt(0)) >= 0;
        boolean control = !visible.isEmpty() && "\t\r\n".indexOf(visible.charAt(0)) >= 0;
        return formula || control ? "'" + visible : visible;
    }

    private static void line(StringBuilder csv, List<String> cells) {
        for (int i = 0; i < cells.size(); i++) {
            csv.append(i == 0 ? "" : ",")
                    .append('"')
                    .append(cells.get(i).replace("\"", "\"\""))
                    .append('"');
        }
        csv.append("\r\n");
    }
}
