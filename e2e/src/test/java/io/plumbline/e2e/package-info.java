/** The product from outside: a whole process tree, its command line, its log, its search copy, its console in a browser. */
@NullMarked
package io.plumbline.e2e;

import org.jspecify.annotations.NullMarked;
