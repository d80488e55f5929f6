//! What Python's parser asks `unicode_names2` 1.3 for, answered by the version that the library has besides: two of them
//! would put all names of characters into the module twice.

pub use names::character;
