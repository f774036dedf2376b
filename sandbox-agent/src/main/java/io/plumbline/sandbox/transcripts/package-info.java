/** Reads, while a session runs, the files that its agent keeps of it. The workload can write them: nothing here trusts them. */
@NullMarked
package io.plumbline.sandbox.transcripts;

import org.jspecify.annotations.NullMarked;
