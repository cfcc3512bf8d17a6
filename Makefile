# Every target sets up what it needs first. Without make: python3 -m deploykit <target>
PYTHON ?= python3

.PHONY: run test soak lab doctor teardown
run:      ; @$(PYTHON) -m deploykit run
test:     ; @$(PYTHON) -m deploykit test
soak:     ; @$(PYTHON) -m deploykit soak
lab:      ; @$(PYTHON) -m deploykit lab
doctor:   ; @$(PYTHON) -m deploykit doctor
teardown: ; @$(PYTHON) -m deploykit teardown
