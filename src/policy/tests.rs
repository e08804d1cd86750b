//! Policy text in every style of scalar: each part of it points at the very letters in the template.
