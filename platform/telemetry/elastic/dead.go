package elastic

import (
	"encoding/json"
	"fmt"
	"os"
)

// deadFile keeps refused lines, up to deadBytes; then it begins anew and the previous ones are in <path>.1.
type deadFile struct {
	path string
	file *os.File
	size int64
}

func (d *deadFile) add(text []byte, status int, why string) error {
	if d.path == "" {
		return nil
	}
	entry, err := json.Marshal(map[string]any{"status": status, "reason": why, "line": string(text)})
	if err != nil {
		return err
	}
	if err := d.open(int64(len(entry)) + 1); err != nil {
		return fmt.Errorf("keep a refused line: %w", err)
	}
	n, err := d.file.Write(append(entry, '\n'))
	d.size += int64(n)
	return err
}

// open makes room for so many bytes.
func (d *deadFile) open(more int64) (err error) {
	if d.file != nil && d.size+more > deadBytes/2 {
		if err := d.close(); err != nil {
			return err
		}
		if err := os.Rename(d.path, d.path+".1"); err != nil {
			return err
		}
	}
	if d.file != nil {
		return nil
	}
	if d.file, err = os.OpenFile(d.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	info, err := d.file.Stat()
	if err != nil {
		return err
	}
	d.size = info.Size()
	return nil
}

func (d *deadFile) close() error {
	if d.file == nil {
		return nil
	}
	err := d.file.Close()
	d.file, d.size = nil, 0
	return err
}
