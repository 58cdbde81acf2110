;; The sun and its four large planets for n steps of 0.01 days: flonums in records.
(import (scheme base) (scheme inexact) (bench))

(define-record-type body
  (make-body x y z vx vy vz mass)
  body?
  (x body-x set-body-x!)
  (y body-y set-body-y!)
  (z body-z set-body-z!)
  (vx body-vx set-body-vx!)
  (vy body-vy set-body-vy!)
  (vz body-vz set-body-vz!)
  (mass body-mass))

(define pi 3.141592653589793)
(define solar-mass (* 4.0 pi pi))
(define days 365.24)

(define (planet x y z vx vy vz mass)
  (make-body x y z (* vx days) (* vy days) (* vz days) (* mass solar-mass)))

(define (make-system)
  (list
   (planet 0.0 0.0 0.0 0.0 0.0 0.0 1.0)
   (planet 4.84143144246472090 -1.16032004402742839 -0.103622044471123109
           0.00166007664274403694 0.00769901118419740425 -0.0000690460016972063023
           0.000954791938424326609)
   (planet 8.34336671824457987 4.12479856412430479 -0.403523417114321381
           -0.00276742510726411 0.00499852801234917238 0.0000230417297573763929
           0.000285885980666130812)
   (planet 12.8943695621391310 -15.1111514016986312 -0.223307578892655734
           0.00296460137564761618 0.00237847173959480950 -0.0000296589568540237556
           0.0000436624404335156298)
   (planet 15.3796971148509165 -25.9193146099879641 0.179258772950371181
           0.00268067772490389322 0.00162824170038242295 -0.0000951592254519715870
           0.0000515138902046611451)))

;; Gives the sun the speed at which the system as a whole stands still.
(define (stand-still! system)
  (let loop ((bodies system) (px 0.0) (py 0.0) (pz 0.0))
    (if (pair? bodies)
        (let* ((b (car bodies)) (m (body-mass b)))
          (loop (cdr bodies)
                (+ px (* m (body-vx b)))
                (+ py (* m (body-vy b)))
                (+ pz (* m (body-vz b)))))
        (let ((sun (car system)))
          (set-body-vx! sun (/ (- px) solar-mass))
          (set-body-vy! sun (/ (- py) solar-mass))
          (set-body-vz! sun (/ (- pz) solar-mass))))))

(define (energy system)
  (let loop ((bodies system) (e 0.0))
    (if (null? bodies)
        e
        (let* ((b (car bodies))
               (own (* 0.5 (body-mass b)
                       (+ (* (body-vx b) (body-vx b))
                          (* (body-vy b) (body-vy b))
                          (* (body-vz b) (body-vz b))))))
          (let pairs ((others (cdr bodies)) (e (+ e own)))
            (if (null? others)
                (loop (cdr bodies) e)
                (let* ((o (car others))
                       (dx (- (body-x b) (body-x o)))
                       (dy (- (body-y b) (body-y o)))
                       (dz (- (body-z b) (body-z o)))
                       (distance (sqrt (+ (* dx dx) (* dy dy) (* dz dz)))))
                  (pairs (cdr others)
                         (- e (/ (* (body-mass b) (body-mass o)) distance))))))))))

(define (attract! b o dt)
  (let* ((dx (- (body-x b) (body-x o)))
         (dy (- (body-y b) (body-y o)))
         (dz (- (body-z b) (body-z o)))
         (d2 (+ (* dx dx) (* dy dy) (* dz dz)))
         (magnitude (/ dt (* d2 (sqrt d2))))
         (by-o (* (body-mass o) magnitude))
         (by-b (* (body-mass b) magnitude)))
    (set-body-vx! b (- (body-vx b) (* dx by-o)))
    (set-body-vy! b (- (body-vy b) (* dy by-o)))
    (set-body-vz! b (- (body-vz b) (* dz by-o)))
    (set-body-vx! o (+ (body-vx o) (* dx by-b)))
    (set-body-vy! o (+ (body-vy o) (* dy by-b)))
    (set-body-vz! o (+ (body-vz o) (* dz by-b)))))

(define (step! system dt)
  (let loop ((bodies system))
    (if (pair? bodies)
        (let ((b (car bodies)))
          (let pairs ((others (cdr bodies)))
            (if (pair? others)
                (begin
                  (attract! b (car others) dt)
                  (pairs (cdr others)))))
          (loop (cdr bodies)))))
  (let loop ((bodies system))
    (if (pair? bodies)
        (let ((b (car bodies)))
          (set-body-x! b (+ (body-x b) (* dt (body-vx b))))
          (set-body-y! b (+ (body-y b) (* dt (body-vy b))))
          (set-body-z! b (+ (body-z b) (* dt (body-vz b))))
          (loop (cdr bodies))))))

(define (run n)
  (let ((system (make-system)))
    (stand-still! system)
    (do ((i 0 (+ i 1)))
        ((= i n))
      (step! system 0.01))
    (exact (round (* 1e9 (energy system))))))

(benchmark run
  '((400000 -169092782)
    (20000 -169089263)))
