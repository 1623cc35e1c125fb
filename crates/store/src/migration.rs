//! From the version of a file to the one that this program writes.

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use crate::StoreError;
use crate::table::Table;

/// About the file itself.
pub(crate) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const VERSION: &str = "version";

/// The step to version 1 is the first of them, and so on. A step is never changed once a release
/// has it; each runs in one transaction with the number that it leads to.
const STEPS: [Step; 5] = [tables, tables, tables, tables, tables];

type Step = fn(&WriteTransaction) -> Result<(), StoreError>;

/// Brings a file to this program's version; a new one has version 0.
pub(crate) fn migrate(database: &redb::Database) -> Result<(), StoreError> {
    loop {
        let write = database.begin_write()?;
        let known = STEPS.len() as u64;
        let found = version(&write)?;
        if found > known {
            return Err(StoreError::Later { found, known });
        }
        let Some(step) = STEPS.get(found as usize) else {
            return Ok(());
        };
        step(&write)?;
        write.open_table(META)?.insert(VERSION, found + 1)?;
        write.commit()?;
    }
}

fn version(write: &WriteTransaction) -> Result<u64, StoreError> {
    let meta = write.open_table(META)?;
    let version = meta.get(VERSION)?.map_or(0, |version| version.value());
    Ok(version)
}

/// To version 1: entries begin with their end in eight bytes, big-endian. To versions 2 to 5, and
/// whenever there is a new table: makes those that are missing.
fn tables(write: &WriteTransaction) -> Result<(), StoreError> {
    for table in Table::ALL {
        write.open_table(table.definition())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::backends::InMemoryBackend;

    fn database() -> redb::Database {
        let builder = redb::Database::builder();
        builder.create_with_backend(InMemoryBackend::new()).unwrap()
    }

    #[test]
    fn a_new_file_gets_the_version_of_the_program() {
        let database = database();
        for _ in 0..2 {
            migrate(&database).unwrap();
            let write = database.begin_write().unwrap();
            assert_eq!(version(&write).unwrap(), STEPS.len() as u64);
        }
    }

    #[test]
    fn a_file_of_a_later_program_is_left_alone() {
        let database = database();
        let write = database.begin_write().unwrap();
        write.open_table(META).unwrap().insert(VERSION, 99).unwrap();
        write.commit().unwrap();
        let refused = migrate(&database);
        assert!(matches!(refused, Err(StoreError::Later { found: 99, .. })));
    }
}
