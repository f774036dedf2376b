package io.plumbline.sandbox.egress;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Whether anything may pass now: a freeze holds bytes that are on their way, the end of the session drops them. */
final class Passage {
    private enum State {
        OPEN,
        FROZEN,
        OVER
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private State state = State.OPEN;

    /** @throws Denial while the session is frozen or over */
    void check() throws Denial {
        lock.lock();
        try {
            switch (state) {
                case OPEN -> {}
                case FROZEN -> throw new Denial(EgressReason.FROZEN);
                case OVER -> throw new Denial(EgressReason.SESSION_OVER);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits as long as the session is frozen; false when it is over. */
    boolean awaitOpen() throws InterruptedException {
        lock.lock();
        try {
            while (state == State.FROZEN) {
                changed.await();
            }
            return state == State.OPEN;
        } finally {
            lock.unlock();
        }
    }

    void freeze() {
        move(State.OPEN, State.FROZEN);
    }

    void thaw() {
        move(State.FROZEN, State.OPEN);
    }

    void end() {
        lock.lock();
        try {
            state = State.OVER;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void move(State from, State to) {
        lock.lock();
        try {
            if (state == from) {
                state = to;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
