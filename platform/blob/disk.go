package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

const (
	tempDir   = ".tmp"         // a part of a key never starts with a dot
	staleTemp = 24 * time.Hour // what a crash left behind
)

// disk keeps files in one folder that it cannot leave: os.Root resolves every name inside it.
type disk struct{ root *os.Root }

// Disk keeps files in the folder dir, which is made if it is missing (0700, files 0600). A file is on the disk with its
// name when Put returns. What Get returns is also an io.Seeker. Symbolic links in the folder are not followed.
func Disk(dir string) (Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of files: %w", err)
	}
	d := &disk{root: root}
	if err := d.sweep(); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("prepare the folder of files: %w", err)
	}
	return d, nil
}

// Close lets go of the folder. Nothing can be read or written afterwards.
func (d *disk) Close() error { return d.root.Close() }

func (d *disk) Put(ctx context.Context, key string, content io.Reader) error {
	if !valid(key) {
		return fmt.Errorf("put a file: %q is not a key", key)
	}
	if d.crossesLink(key) {
		return fmt.Errorf("put a file: a symbolic link is in the way of %q", key)
	}
	temp := tempName()
	if err := d.write(ctx, temp, content); err != nil {
		_ = d.root.Remove(temp)
		return fmt.Errorf("write the file %q: %w", key, err)
	}
	if err := d.move(temp, key); err != nil {
		_ = d.root.Remove(temp)
		return fmt.Errorf("name the file %q: %w", key, err)
	}
	return nil
}

func (d *disk) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !valid(key) || d.crossesLink(key) {
		return nil, missing()
	}
	file, err := d.root.Open(key)
	if isMissing(err) {
		return nil, missing()
	}
	if err != nil {
		return nil, fmt.Errorf("open the file %q: %w", key, err)
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(missing(), file.Close())
	}
	return file, nil
}

func (d *disk) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !valid(key) {
		return fmt.Errorf("delete a file: %q is not a key", key)
	}
	info, err := d.root.Lstat(key)
	if isMissing(err) || err == nil && info.IsDir() || d.crossesLink(path.Dir(key)) {
		return nil
	}
	if err == nil {
		err = d.root.Remove(key)
	}
	if err != nil && !isMissing(err) {
		return fmt.Errorf("delete the file %q: %w", key, err)
	}
	return nil
}

// write fills a new temporary file and waits until it is on the disk.
func (d *disk) write(ctx context.Context, name string, content io.Reader) (err error) {
	file, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := io.Copy(file, cancellable{ctx, content}); err != nil {
		return err
	}
	return file.Sync()
}

// move gives the file its name in one step, and waits until the folder has it on the disk.
func (d *disk) move(temp, key string) error {
	folder := path.Dir(key)
	if err := d.root.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := d.root.Rename(temp, key); err != nil {
		return err
	}
	dir, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// crossesLink says whether a part of the key is a symbolic link: os.Root would follow one that stays in the folder.
func (d *disk) crossesLink(key string) bool {
	for part := key; part != "."; part = path.Dir(part) {
		info, err := d.root.Lstat(part)
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return true
		}
	}
	return false
}

// sweep makes the folder of temporary files and removes what a crash left there. Another process may be writing to the
// same folder, so young ones stay. The file system's own clock tells what is young.
func (d *disk) sweep() error {
	if err := d.root.MkdirAll(tempDir, 0o700); err != nil {
		return err
	}
	probe := tempName()
	if err := d.root.WriteFile(probe, nil, 0o600); err != nil {
		return err
	}
	now, err := d.root.Stat(probe)
	if err != nil {
		return err
	}
	old, err := fs.ReadDir(d.root.FS(), tempDir)
	if err != nil {
		return err
	}
	for _, entry := range old {
		if info, err := entry.Info(); err == nil && now.ModTime().Sub(info.ModTime()) > staleTemp {
			_ = d.root.Remove(path.Join(tempDir, entry.Name()))
		}
	}
	return d.root.Remove(probe)
}

func tempName() string { return path.Join(tempDir, rand.Text()) }

// isMissing is also true when a part of the way is a file: then nothing has that name.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
