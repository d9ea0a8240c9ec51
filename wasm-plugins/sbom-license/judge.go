package main

import (
	"fmt"
	"strings"
)

// judge looks at the components of a CycloneDX document and at those within them.
// https://cyclonedx.org/docs/1.6/json/
func judge(document map[string]any) []reason {
	reasons := []reason{}
	judgeComponents(document, "", &reasons)
	return reasons
}

func judgeComponents(parent map[string]any, base string, reasons *[]reason) {
	value, isThere := parent["components"]
	if !isThere {
		return
	}
	path := base + "/components"
	components, isArray := value.([]any)
	if !isArray {
		*reasons = append(*reasons, malformed(path, "an array of components"))
		return
	}
	for i, item := range components {
		place := fmt.Sprintf("%s/%d", path, i)
		component, isObject := item.(map[string]any)
		if !isObject {
			*reasons = append(*reasons, malformed(place, "a component, an object"))
			continue
		}
		judgeLicenses(component, place, reasons)
		judgeComponents(component, place, reasons)
	}
}

func judgeLicenses(component map[string]any, path string, reasons *[]reason) {
	value, isThere := component["licenses"]
	if !isThere {
		*reasons = append(*reasons, unstated(component, path))
		return
	}
	path += "/licenses"
	licenses, isArray := value.([]any)
	if !isArray {
		*reasons = append(*reasons, malformed(path, "an array of licenses"))
		return
	}
	if len(licenses) == 0 {
		*reasons = append(*reasons, unstated(component, path))
	}
	for i, item := range licenses {
		if !isStated(item) {
			*reasons = append(*reasons, unstated(component, fmt.Sprintf("%s/%d", path, i)))
		}
	}
}

// isStated says whether an entry names a license: an expression, or one by its SPDX id or its name.
func isStated(entry any) bool {
	choice, _ := entry.(map[string]any)
	license, _ := choice["license"].(map[string]any)
	return isName(choice["expression"]) || isName(license["id"]) || isName(license["name"])
}

// isName says whether a value is a text that says more than SPDX's two words for nothing.
func isName(value any) bool {
	text, _ := value.(string)
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "", "NOASSERTION", "NONE":
		return false
	}
	return true
}

func unstated(component map[string]any, path string) reason {
	name, _ := component["name"].(string)
	version, _ := component["version"].(string)
	if letters := []rune(name + "@" + version); len(letters) > 100 {
		name = string(letters[:100]) + "…"
	} else {
		name = strings.TrimSuffix(string(letters), "@")
	}
	message := fmt.Sprintf("The component %q does not say under which license it may be used.", name)
	return reason{"license-stated", message, path, "error"}
}

func malformed(path, wanted string) reason {
	return reason{"malformed-component", "What stands here is not " + wanted + ".", path, "error"}
}
