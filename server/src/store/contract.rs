//! The cases that every store has to pass.
