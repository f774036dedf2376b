package io.plumbline.rules.workbench;

/** How bad a remark is. */
public enum Severity {
    /** The document is refused, or cannot do what it says. */
    ERROR,
    /** It is used, and probably does not mean what its author meant, or not well. */
    WARNING,
    /** Something to know. */
    NOTE;

    /** Its name in reports. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
