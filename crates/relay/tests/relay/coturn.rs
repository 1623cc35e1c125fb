//! coturn
