package io.plumbline.rules.engine;

import io.plumbline.rules.sigma.ValueTest;

/**
 * A test that no automaton decides; asked for when a condition needs it, once per event.
 *
 * @param gates atoms that all have to be true for the test to be worth making
 * @param test what is tested
 * @param glob for a text pattern; otherwise the one that matches nothing is not used
 * @param otherField for a reference to another field, its index; else -1
 */
record LazyTest(int[] gates, ValueTest test, java.util.Optional<Glob> glob, int otherField) {}
