package driveline;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jsmpp.bean.DataCodings;
import org.jsmpp.bean.ESMClass;
import org.jsmpp.bean.NumberingPlanIndicator;
import org.jsmpp.bean.RegisteredDelivery;
import org.jsmpp.bean.TypeOfNumber;
import org.jsmpp.extra.NegativeResponseException;
import org.jsmpp.session.SMPPServerSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What phones send: kept until a bound client has taken it, one after the other, and offered again if it did not answer. */
final class Inbound {
    private static final Logger LOG = LoggerFactory.getLogger(Inbound.class);
    private static final int AGAIN_AFTER_MS = 100;

    private record Message(String from, String to, Alphabet.Encoded words) {}

    private final Centre centre;
    private final BlockingQueue<Message> waiting = new LinkedBlockingQueue<>();
    private final AtomicInteger untaken = new AtomicInteger();
    private final AtomicInteger reference = new AtomicInteger();

    Inbound(Centre centre) {
        this.centre = centre;
        Thread carrier = new Thread(this::carry, "inbound");
        carrier.setDaemon(true);
        carrier.start();
    }

    void send(String from, String to, String text) {
        List<Alphabet.Encoded> messages = Alphabet.encode(text, reference.incrementAndGet());
        untaken.addAndGet(messages.size());
        messages.forEach(words -> waiting.add(new Message(from, to, words)));
    }

    /** How many messages no client has taken yet. */
    int untaken() {
        return untaken.get();
    }

    private void carry() {
        try {
            while (true) {
                Message message = waiting.take();
                while (!taken(message)) {
                    Thread.sleep(AGAIN_AFTER_MS);
                }
                untaken.decrementAndGet();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean taken(Message message) {
        for (SMPPServerSession session : centre.receivers()) {
            try {
                deliver(message, session);
                return true;
            } catch (NegativeResponseException refused) {
                LOG.info("deliver_sm from {} refused with status {}", message.from(), refused.getCommandStatus());
            } catch (Exception error) {
                LOG.info("deliver_sm from {} not answered: {}", message.from(), error.getMessage());
            }
        }
        return false;
    }

    private static void deliver(Message message, SMPPServerSession session) throws Exception {
        Alphabet.Encoded words = message.words();
        session.deliverShortMessage("", type(message.from()), plan(message.from()), address(message.from()),
                type(message.to()), plan(message.to()), address(message.to()),
                new ESMClass(words.hasHeader() ? Alphabet.HAS_HEADER : 0), (byte) 0, (byte) 0, new RegisteredDelivery(0),
                DataCodings.newInstance(words.coding()), words.octets());
    }

    private static TypeOfNumber type(String number) {
        return number.startsWith("+") ? TypeOfNumber.INTERNATIONAL : TypeOfNumber.UNKNOWN;
    }

    private static NumberingPlanIndicator plan(String number) {
        return number.startsWith("+") ? NumberingPlanIndicator.ISDN : NumberingPlanIndicator.UNKNOWN;
    }

    private static String address(String number) {
        return number.startsWith("+") ? number.substring(1) : number;
    }
}
