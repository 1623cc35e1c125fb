//! [`Shelf`]: an object store.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::object_store::{
    Config as Bucket, DeleteErrorKind, GetErrorKind, Object, ObjectStore,
};
use tokio::io::AsyncRead;
use tokio::sync::OnceCell;

use crate::connection::{Connection, Patience, Shared, other};

/// Large things by their names, which are letters, digits and dashes.
#[derive(Clone)]
pub struct Shelf {
    connection: Arc<Connection>,
    /// Made when it is first used.
    bucket: Arc<OnceCell<ObjectStore>>,
    name: String,
    bytes: u64,
    age: Duration,
}

/// What was put, to be read: its digest is checked at the end.
pub type Shelved = Object;

impl Shelf {
    pub(crate) fn new(connection: Arc<Connection>, name: &str, bytes: u64, age: Duration) -> Self {
        Self {
            connection,
            bucket: Arc::default(),
            name: name.to_owned(),
            bytes,
            age,
        }
    }

    /// Keeps something. It is kept when this returns.
    ///
    /// # Errors
    /// Whatever NATS says; nothing of it is there then.
    pub async fn put(
        &self,
        name: &str,
        mut what: impl AsyncRead + Send + Unpin + 'static,
    ) -> io::Result<()> {
        let (shelf, name) = (self.clone(), name.to_owned());
        let work = async move {
            let bucket = shelf.bucket(Patience::Much).await?;
            let put = bucket.put(&name[..], &mut what).await;
            put.map(drop).map_err(other)
        };
        self.connection.run(work).await
    }

    /// What is there by that name.
    ///
    /// # Errors
    /// Whatever NATS says; `NotFound` if there is nothing.
    pub async fn read(&self, name: &str) -> io::Result<Shelved> {
        let (shelf, name) = (self.clone(), name.to_owned());
        let work = async move {
            let bucket = shelf.bucket(Patience::Little).await?;
            bucket.get(&name).await.map_err(|error| match error.kind() {
                GetErrorKind::NotFound => io::ErrorKind::NotFound.into(),
                _ => other(error),
            })
        };
        self.connection.run(work).await
    }

    /// Takes away what is there by that name.
    ///
    /// # Errors
    /// Whatever NATS says; `NotFound` if there is nothing.
    pub async fn remove(&self, name: &str) -> io::Result<()> {
        let (shelf, name) = (self.clone(), name.to_owned());
        let work = async move {
            let bucket = shelf.bucket(Patience::Much).await?;
            let removed = bucket.delete(&name).await;
            removed.map_err(|error| match error.kind() {
                DeleteErrorKind::NotFound => io::ErrorKind::NotFound.into(),
                _ => other(error),
            })
        };
        self.connection.run(work).await
    }

    /// The same without waiting for it.
    pub fn remove_soon(&self, name: String) {
        let shelf = self.clone();
        self.connection.leave(async move {
            if let Ok(bucket) = shelf.bucket(Patience::Much).await {
                // It does not stay for long.
                let _ = bucket.delete(&name).await;
            }
        });
    }

    async fn bucket(&self, patience: Patience) -> io::Result<&ObjectStore> {
        let shared: &Shared = &self.connection.shared;
        let context = shared.ready(patience).await?;
        let made = self.bucket.get_or_try_init(|| async {
            let name = shared.bucket(&self.name);
            if context.get_stream(format!("OBJ_{name}")).await.is_err() {
                let bucket = Bucket {
                    bucket: name.clone(),
                    max_age: self.age,
                    max_bytes: i64::try_from(self.bytes).unwrap_or(i64::MAX),
                    num_replicas: shared.replicas(),
                    ..Bucket::default()
                };
                return context.create_object_store(bucket).await.map_err(other);
            }
            context.get_object_store(name).await.map_err(other)
        });
        made.await
    }
}
