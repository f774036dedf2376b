package io.plumbline.sandbox.review;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What a name in a workspace stands for. {@code mode}: the permission bits, 0 to 0777. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Entry.Regular.class, name = "file"),
    @JsonSubTypes.Type(value = Entry.Link.class, name = "link"),
    @JsonSubTypes.Type(value = Entry.Folder.class, name = "folder"),
    @JsonSubTypes.Type(value = Entry.Absent.class, name = "absent")
})
public sealed interface Entry {
    /** {@code sha256}: of its content, 64 hex digits. */
    record Regular(int mode, long size, String sha256) implements Entry {}

    /** {@code target}: its text, as of {@link EscapedPath}. */
    record Link(String target) implements Entry {}

    record Folder(int mode) implements Entry {}

    record Absent() implements Entry {}
}
