//! The one fixed shape of each intent.
