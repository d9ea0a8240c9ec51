// A volume plugin on docker/go-plugins-helpers that does what wasm-plugins/local-volume does: a folder
// and a record for each volume, mounts counted by their ID, a size that is measured at Mount. Records
// are in memory, and each on the disk before its change is acknowledged: a JSON file for each volume,
// written beside it, flushed, renamed and flushed again with its folder.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/docker/go-plugins-helpers/volume"
)

type record struct {
	CreatedAt time.Time            `json:"createdAt"`
	Size      int64                `json:"size,omitempty"`
	Used      bool                 `json:"used"`
	Leaving   bool                 `json:"leaving,omitempty"`
	Mounts    map[string]time.Time `json:"mounts"`
	UsedBytes int64                `json:"usedBytes,omitempty"`
}

type driver struct {
	mutex   sync.Mutex
	root    string
	state   string
	folder  *os.File
	records map[string]record
}

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,250}$`)

func open(root, state string) (*driver, error) {
	folder, err := os.Open(state)
	if err != nil {
		return nil, err
	}
	d := &driver{root: root, state: state, folder: folder, records: map[string]record{}}
	files, err := filepath.Glob(filepath.Join(state, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		var r record
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, err
		}
		name := filepath.Base(file)
		d.records[name[:len(name)-len(".json")]] = r
	}
	return d, nil
}

func (d *driver) place(name string) string { return filepath.Join(d.root, name) }

func (d *driver) file(name string) string { return filepath.Join(d.state, name+".json") }

// put has the record on the disk when it returns.
func (d *driver) put(name string, r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	beside := d.file(name) + ".new"
	file, err := os.OpenFile(beside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.Write(text); err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(beside, d.file(name)); err != nil {
		return err
	}
	if err := d.folder.Sync(); err != nil {
		return err
	}
	d.records[name] = r
	return nil
}

func (d *driver) drop(name string) error {
	if err := os.Remove(d.file(name)); err != nil {
		return err
	}
	if err := d.folder.Sync(); err != nil {
		return err
	}
	delete(d.records, name)
	return nil
}

// find brings records and folders into one, as a kill may have left them.
func (d *driver) find(name string) (record, error) {
	r, ok := d.records[name]
	if !ok {
		return r, fmt.Errorf("there is no volume %q", name)
	}
	_, err := os.Lstat(d.place(name))
	switch {
	case err == nil:
		return r, nil
	case !errors.Is(err, fs.ErrNotExist):
		return r, err
	case r.Leaving:
		return r, errors.Join(d.drop(name), fmt.Errorf("there is no volume %q", name))
	case r.Used:
		return r, fmt.Errorf("the folder of %q is gone", name)
	}
	return r, os.Mkdir(d.place(name), 0o755)
}

func (d *driver) Create(request *volume.CreateRequest) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if !validName.MatchString(request.Name) {
		return fmt.Errorf("%q is no name of a volume", request.Name)
	}
	var size int64
	for option, value := range request.Options {
		var err error
		if option != "size" {
			return fmt.Errorf("there is no option %q", option)
		}
		if size, err = strconv.ParseInt(value, 10, 64); err != nil {
			return err
		}
	}
	if r, ok := d.records[request.Name]; ok {
		if r.Size != size {
			return fmt.Errorf("%q is there already", request.Name)
		}
		_, err := d.find(request.Name)
		return err
	}
	if _, err := os.Lstat(d.place(request.Name)); err == nil {
		return fmt.Errorf("%q is somebody else's", request.Name)
	}
	r := record{CreatedAt: time.Now(), Size: size, Mounts: map[string]time.Time{}}
	if err := d.put(request.Name, r); err != nil {
		return err
	}
	return os.Mkdir(d.place(request.Name), 0o755)
}

func (d *driver) Remove(request *volume.RemoveRequest) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	r, err := d.find(request.Name)
	if err != nil {
		return err
	}
	if len(r.Mounts) > 0 {
		return fmt.Errorf("%q is in use", request.Name)
	}
	r.Leaving = true
	if err := d.put(request.Name, r); err != nil {
		return err
	}
	if err := os.RemoveAll(d.place(request.Name)); err != nil {
		return err
	}
	return d.drop(request.Name)
}

func (d *driver) Mount(request *volume.MountRequest) (*volume.MountResponse, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	r, err := d.find(request.Name)
	if err != nil {
		return nil, err
	}
	response := &volume.MountResponse{Mountpoint: d.place(request.Name)}
	if _, ok := r.Mounts[request.ID]; ok {
		return response, nil
	}
	if r.Size > 0 {
		if r.UsedBytes, err = measure(d.place(request.Name)); err != nil {
			return nil, err
		}
		if r.UsedBytes > r.Size {
			return nil, fmt.Errorf("%q holds %d bytes, and may hold %d", request.Name, r.UsedBytes, r.Size)
		}
	}
	r.Used = true
	r.Mounts = maps.Clone(r.Mounts)
	r.Mounts[request.ID] = time.Now()
	return response, d.put(request.Name, r)
}

func measure(place string) (bytes int64, err error) {
	err = filepath.WalkDir(place, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}

func (d *driver) Unmount(request *volume.UnmountRequest) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	r, err := d.find(request.Name)
	if err != nil {
		return err
	}
	if _, ok := r.Mounts[request.ID]; !ok {
		return nil
	}
	r.Mounts = maps.Clone(r.Mounts)
	delete(r.Mounts, request.ID)
	return d.put(request.Name, r)
}

func (d *driver) Get(request *volume.GetRequest) (*volume.GetResponse, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	r, err := d.find(request.Name)
	if err != nil {
		return nil, err
	}
	status := map[string]interface{}{"mounts": len(r.Mounts)}
	if r.Size > 0 {
		status["limitBytes"] = r.Size
		status["usedBytes"] = r.UsedBytes
	}
	return &volume.GetResponse{Volume: &volume.Volume{
		Name:       request.Name,
		Mountpoint: d.place(request.Name),
		CreatedAt:  r.CreatedAt.UTC().Format(time.RFC3339),
		Status:     status,
	}}, nil
}

func (d *driver) List() (*volume.ListResponse, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	response := &volume.ListResponse{}
	for _, name := range slices.Sorted(maps.Keys(d.records)) {
		response.Volumes = append(response.Volumes, &volume.Volume{Name: name, Mountpoint: d.place(name)})
	}
	return response, nil
}

func (d *driver) Path(request *volume.PathRequest) (*volume.PathResponse, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	_, err := d.find(request.Name)
	return &volume.PathResponse{Mountpoint: d.place(request.Name)}, err
}

func (d *driver) Capabilities() *volume.CapabilitiesResponse {
	return &volume.CapabilitiesResponse{Capabilities: volume.Capability{Scope: "local"}}
}

func main() {
	socket := flag.String("socket", "", "where it listens")
	root := flag.String("root", "", "holds the volumes")
	state := flag.String("state", "", "holds the records")
	flag.Parse()
	d, err := open(*root, *state)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(volume.NewHandler(d).ServeUnix(*socket, os.Getgid()))
}
