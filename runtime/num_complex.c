// Complex numbers in rectangular form.
//
// A real operand is never widened to x+0.0i: it acts on the parts, so that signed zeros and
// infinities of the other operand survive (W. Kahan, "Branch cuts for complex elementary
// functions").
#include "runtime/fail.h"
#include "runtime/heap.h"
#include "runtime/num_int.h"
#include <complex.h>
#include <math.h>

#define ZERO value_from_fixnum(0)

Value rt_rectangular(VM *vm, Value real, Value imaginary) {
    if (real == VALUE_FAILURE || imaginary == VALUE_FAILURE)
        return VALUE_FAILURE;
    if (imaginary == ZERO)
        return real;
    if (value_is_flonum(real) != value_is_flonum(imaginary)) {
        real = value_from_double(rt_num_to_double(real));
        imaginary = value_from_double(rt_num_to_double(imaginary));
    }
    Compnum *z = rt_object_new(vm, TYPE_COMPNUM, 0, 0, sizeof *z);
    FRESH(z->real) = real;
    FRESH(z->imaginary) = imaginary;
    return value_from_pointer(z);
}

Value rt_complex_from_c(VM *vm, double complex z) {
    return rt_rectangular(vm, value_from_foreign_double(creal(z)),
                          value_from_foreign_double(cimag(z)));
}

double complex rt_complex_to_c(Value v) {
    if (!value_is_compnum(v))
        return __builtin_complex(rt_num_to_double(v), 0.0);
    return __builtin_complex(rt_num_to_double(value_compnum(v)->real),
                             rt_num_to_double(value_compnum(v)->imaginary));
}

Value rt_real_part(Value v) { return value_is_compnum(v) ? value_compnum(v)->real : v; }
Value rt_imaginary_part(Value v) {
    return value_is_compnum(v) ? value_compnum(v)->imaginary : ZERO;
}

// ---- arithmetic

// Operations on parts, which may have failed; an exact 0 leaves the other operand as it is, -0.0
// included.
static Value plus(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    return a == ZERO ? b : b == ZERO ? a : rt_num_add(vm, a, b);
}
static Value minus(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    return b == ZERO ? a : a == ZERO ? rt_num_negate(vm, b) : rt_num_sub(vm, a, b);
}
static Value times(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    return rt_num_mul(vm, a, b);
}
static Value over(VM *vm, Value a, Value b) {
    if (a == VALUE_FAILURE || b == VALUE_FAILURE)
        return VALUE_FAILURE;
    return rt_num_div(vm, a, b);
}

// Of flonums, which is what most are: without looking at each part. Both parts of a number are
// flonums or neither is.
static bool both_inexact(Value a, Value b) {
    return value_is_compnum(a) && value_is_compnum(b) && value_is_flonum(value_compnum(a)->real) &&
           value_is_flonum(value_compnum(b)->real);
}
static double complex inexact(Value v) {
    const Compnum *z = value_compnum(v);
    return __builtin_complex(value_double(z->real), value_double(z->imaginary));
}
static Value from_inexact(VM *vm, double complex z) {
    Compnum *result = rt_object_new(vm, TYPE_COMPNUM, 0, 0, sizeof *result);
    FRESH(result->real) = value_from_foreign_double(creal(z));
    FRESH(result->imaginary) = value_from_foreign_double(cimag(z));
    return value_from_pointer(result);
}

Value rt_complex_add(VM *vm, Value a, Value b) {
    if (both_inexact(a, b))
        return from_inexact(vm, inexact(a) + inexact(b));
    return rt_rectangular(vm, plus(vm, rt_real_part(a), rt_real_part(b)),
                          plus(vm, rt_imaginary_part(a), rt_imaginary_part(b)));
}

Value rt_complex_sub(VM *vm, Value a, Value b) {
    if (both_inexact(a, b))
        return from_inexact(vm, inexact(a) - inexact(b));
    return rt_rectangular(vm, minus(vm, rt_real_part(a), rt_real_part(b)),
                          minus(vm, rt_imaginary_part(a), rt_imaginary_part(b)));
}

Value rt_complex_mul(VM *vm, Value a, Value b) {
    if (both_inexact(a, b))
        return from_inexact(vm, inexact(a) * inexact(b));
    if (!value_is_compnum(a)) {
        Value swap = a;
        a = b;
        b = swap;
    }
    Value x = rt_real_part(a), y = rt_imaginary_part(a);
    if (!value_is_compnum(b))
        return rt_rectangular(vm, times(vm, x, b), times(vm, y, b));
    if (!number_is_exact(a) || !number_is_exact(b))
        return rt_complex_from_c(vm, rt_complex_to_c(a) * rt_complex_to_c(b));
    Value u = rt_real_part(b), v = rt_imaginary_part(b);
    return rt_rectangular(vm, minus(vm, times(vm, x, u), times(vm, y, v)),
                          plus(vm, times(vm, x, v), times(vm, y, u)));
}

Value rt_complex_div(VM *vm, Value a, Value b) {
    if (!value_is_compnum(b))
        return rt_rectangular(vm, over(vm, rt_real_part(a), b), over(vm, rt_imaginary_part(a), b));
    if (!number_is_exact(a) || !number_is_exact(b)) {
        if (a == ZERO)
            return a;
        return rt_complex_from_c(vm, rt_complex_to_c(a) / rt_complex_to_c(b));
    }
    Value x = rt_real_part(a), y = rt_imaginary_part(a);
    Value u = rt_real_part(b), v = rt_imaginary_part(b);
    Value norm = plus(vm, times(vm, u, u), times(vm, v, v));
    Value real = plus(vm, times(vm, x, u), times(vm, y, v));
    Value imaginary = minus(vm, times(vm, y, u), times(vm, x, v));
    return rt_rectangular(vm, over(vm, real, norm), over(vm, imaginary, norm));
}

Value rt_polar(VM *vm, Value magnitude, Value angle) {
    if (angle == ZERO || magnitude == ZERO)
        return magnitude;
    double m = rt_num_to_double(magnitude), a = rt_num_to_double(angle);
    return rt_complex_from_c(vm, __builtin_complex(m * cos(a), m * sin(a)));
}

Value rt_magnitude(VM *vm, Value v) {
    if (!value_is_compnum(v)) {
        if (value_is_flonum(v))
            return value_from_double(fabs(value_double(v)));
        return rt_rat_sign(v) < 0 ? rt_rat_negate(vm, v) : v;
    }
    Value x = rt_real_part(v), y = rt_imaginary_part(v);
    if (value_is_flonum(x))
        return value_from_foreign_double(hypot(value_double(x), value_double(y)));
    Value norm = plus(vm, times(vm, x, x), times(vm, y, y));
    return norm == VALUE_FAILURE ? norm : rt_num_sqrt(vm, norm);
}

// ---- primitives

Value rt_prim_make_rectangular(VM *vm, Value real, Value imaginary) {
    if (!value_is_real(real))
        return rt_fail_type(vm, 1, "real", real);
    if (!value_is_real(imaginary))
        return rt_fail_type(vm, 2, "real", imaginary);
    return rt_rectangular(vm, real, imaginary);
}

Value rt_prim_make_polar(VM *vm, Value magnitude, Value angle) {
    if (!value_is_real(magnitude))
        return rt_fail_type(vm, 1, "real", magnitude);
    if (!value_is_real(angle))
        return rt_fail_type(vm, 2, "real", angle);
    return rt_polar(vm, magnitude, angle);
}

Value rt_prim_real_part(VM *vm, Value z) {
    return value_is_number(z) ? rt_real_part(z) : rt_fail_type(vm, 1, "number", z);
}

Value rt_prim_imag_part(VM *vm, Value z) {
    return value_is_number(z) ? rt_imaginary_part(z) : rt_fail_type(vm, 1, "number", z);
}

Value rt_prim_magnitude(VM *vm, Value z) {
    return value_is_number(z) ? rt_magnitude(vm, z) : rt_fail_type(vm, 1, "number", z);
}

Value rt_prim_angle(VM *vm, Value z) {
    if (!value_is_number(z))
        return rt_fail_type(vm, 1, "number", z);
    if (value_is_exact_rational(z))
        return rt_rat_sign(z) < 0 ? value_from_double(M_PI) : ZERO;
    return value_from_foreign_double(carg(rt_complex_to_c(z)));
}
