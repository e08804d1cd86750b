//! Files are written whole or not at all.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is written beside its place, and gone unless it is put there. Of a link, what it leads to is written.
#[derive(Debug)]
pub struct Staged {
    place: PathBuf,
    /// Those of the file that is there.
    permissions: Option<Permissions>,
    file: NamedTempFile,
}

impl Staged {
    /// Nothing yet, for the place that a path stands for.
    pub fn beside(path: &Path) -> io::Result<Self> {
        let (place, permissions) = place(path)?;
        let folder = place.parent().ok_or_else(|| io::Error::other("it is a folder"))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".privatelint-").suffix(".tmp");
        // A new file may be read by whom the user lets read new files; left to itself, a temporary one by nobody else.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        Ok(Self { place, permissions, file })
    }

    /// Where it will stand, from the root and without links.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Puts it in its place, with the permissions of what was there.
    pub fn put(self) -> io::Result<()> {
        if let Some(permissions) = self.permissions {
            self.file.as_file().set_permissions(permissions)?;
        }
        self.file.as_file().sync_all()?;
        self.file.persist(&self.place)?;
        Ok(())
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a text in the place of a file.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut staged = Staged::beside(path)?;
    staged.write_all(text.as_bytes())?;
    staged.put()
}

/// The file that a path stands for, with the permissions of what is there. Links are followed, or the rename would put a
/// file in the place of the link.
fn place(path: &Path) -> io::Result<(PathBuf, Option<Permissions>)> {
    match fs::metadata(path) {
        // A rename would put a file in the place of a folder or a device.
        Ok(found) if found.is_dir() => Err(io::Error::other("it is a folder")),
        Ok(found) if !found.is_file() => Err(io::Error::other("it is not a regular file")),
        Ok(found) if found.permissions().readonly() => Err(io::Error::other("it is read-only")),
        Ok(found) => Ok((fs::canonicalize(path)?, Some(found.permissions()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or_else(|| io::Error::other("it is a folder"))?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Ok((fs::canonicalize(folder.unwrap_or(Path::new(".")))?.join(name), None))
        }
        Err(error) => Err(error),
    }
}
