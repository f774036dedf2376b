package io.plumbline.sandbox.posix;

import java.io.IOException;

/** A system call failed; the message names the call, what it was tried on, and the errno. */
public final class PosixException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    PosixException(String call, Object subject, long negatedErrno) {
        super(call + " " + subject + ": errno " + -negatedErrno);
        this.errno = (int) -negatedErrno;
    }

    public int errno() {
        return errno;
    }
}
